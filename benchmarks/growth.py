"""What grows and what does not: time with steps and sequences, memory of inference."""

import ctypes

import numpy

import rnn
from measure import Layer, Row, in_turns


class Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]


def allocated():
    """Bytes that malloc has given out in this process."""
    function = ctypes.CDLL(None).mallinfo2
    function.restype = Mallinfo
    found = function()
    return found.uordblks + found.hblkhd


class Inference:
    """A plan that only runs forward, and a call of it."""

    def __init__(self, model, T, B):
        before = allocated()
        self.plan = rnn.Plan(model, T, B, functions=1 << rnn.rnn_abi.FORWARD)
        self.bytes = allocated() - before
        rng = numpy.random.default_rng(1)
        self.plan.pack(model.random_params(rng, 0.1))
        self.call = rnn.Call(model, {"x": model.random_data(rng, T, B)["x"]})

    def run(self):
        self.plan.run_forward(self.call)


def series(bench, suite, model, sizes):
    """A row for each size; the peer is the first, its time in proportion."""
    sides = [Inference(model, T, B) for T, B, _ in sizes]
    times = in_turns([side.run for side in sides], bench.rounds(9), bench.seconds)
    first = sizes[0]
    for (T, B, H), time in zip(sizes, times):
        in_proportion = times[0] * T * B / (first[0] * first[1])
        bench.row(suite, Layer("LSTM", T, B, H), time, f"T={first[0]} B={first[1]}", in_proportion)
    return sides


def growth(bench):
    """Time against T and against B; memory that a plan for inference takes
    beside inputs and outputs, against T."""
    H = bench.cases(128, 16)
    model = rnn.Model(bench.shared_object("layer", "LSTM", H), "bench")
    steps = bench.cases([(T, 1, H) for T in (50, 100, 200, 400, 800, 1600)], [(4, 1, H), (8, 1, H)])
    batches = bench.cases([(50, B, H) for B in (8, 16, 32, 64, 128, 256)], [(4, 2, H), (4, 4, H)])
    sides = series(bench, "growth-T", model, steps)
    series(bench, "growth-B", model, batches)
    for (T, B, _), side in zip(steps, sides):
        bench.emit(Row("growth-memory-bytes", "LSTM", T, B, H, side.bytes, f"T={steps[0][0]}", sides[0].bytes))
