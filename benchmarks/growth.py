"""What grows and what does not: time with steps and sequences, memory of inference."""

import numpy

import rnn
from layers import Layer
from measure import Row, in_turns
from rnn_abi import AXES, CLASSES, FORWARD, FUNCTIONS, i32, i64, pointer, structure

CRagged = structure("CRagged", full_steps=i64, valid_rows=i64, lengths=pointer, first_run=pointer, runs=pointer)
CFrame = structure(
    "CFrame", arena=pointer * CLASSES, rows=i64 * CLASSES, chunk=i64 * AXES, checkpoints=i64 * AXES, packed=pointer,
    library=pointer, use_library_tn=i32, is_packed=i32, owners=pointer,
)
CPlan = structure(
    "CPlan", table=pointer, batch=i64, axes=i64 * AXES, thread=i32, threads=i32, whole_batch=i64, first_sequence=i64,
    ragged=CRagged * AXES, frames=CFrame * FUNCTIONS,
)


def buffer_bytes(plan, function=FORWARD):
    """What a function of a plan keeps between its inputs and outputs."""
    frame = CPlan.from_address(plan.handle.value).frames[function]
    coefficients = plan.model.raw.functions[function].contents.arena_coefficients
    elements = sum(each * rows for each, rows in zip(coefficients, frame.rows))
    return elements * plan.model.dtype.itemsize


class Inference:
    """A plan that only runs forward, and a call of it."""

    def __init__(self, model, T, B, threads=1):
        self.plan = rnn.Plan(model, T, B, functions=1 << FORWARD, threads=threads)
        rng = numpy.random.default_rng(1)
        self.plan.pack(model.random_params(rng, 0.1))
        self.call = rnn.Call(model, {"x": model.random_data(rng, T, B)["x"]})

    def run(self):
        self.plan.run_forward(self.call)


def series(bench, suite, model, sizes):
    """A row for each size; the peer is the first, its time in proportion."""
    sides = [Inference(model, T, B) for T, B, _ in sizes]
    first = sizes[0]
    probe = bench.probe(Layer("LSTM", *first).streamed)
    times = in_turns([side.run for side in sides], bench.rounds(9), bench.seconds, probes=[probe])
    limits = probe.limits()
    for (T, B, H), time in zip(sizes, times):
        in_proportion = times[0] * T * B / (first[0] * first[1])
        bench.rows(suite, Layer("LSTM", T, B, H), time, {f"T={first[0]} B={first[1]}": in_proportion}, limits)


def growth(bench):
    """Time against T and against B; memory that a plan for inference has
    between inputs and outputs, against T."""
    H = bench.cases(128, 16)
    model = rnn.Model(bench.shared_object("layer", "LSTM", H), "bench")
    steps = bench.cases([(T, 1, H) for T in (50, 100, 200, 400, 800, 1600)], [(4, 1, H), (8, 1, H)])
    batches = bench.cases([(50, B, H) for B in (8, 16, 32, 64, 128, 256)], [(4, 2, H), (4, 4, H)])
    series(bench, "growth-T", model, steps)
    series(bench, "growth-B", model, batches)
    # From the first on sequences are longer than a chunk of time.
    memory = [(T, buffer_bytes(rnn.Plan(model, T, 1, functions=1 << FORWARD)))
              for T in bench.cases((256, 512, 1024, 2048, 4096), (256, 512))]
    for T, found in memory:
        bench.emit(Row("growth-memory-bytes", "LSTM", T, 1, H, found, f"T={memory[0][0]}", memory[0][1]))
