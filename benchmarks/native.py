"""Suites that rnn-bench measures: LSTM and GRU beside oneDNN and ONNX Runtime,
single steps beside Eigen, and sequences of several lengths.
"""

from limits import read_pairs
from measure import CELLS, Layer, Row


def layers(bench, stored="f32"):
    """One sequence at many sizes, then batches."""
    return [
        Layer(cell, T, B, H, stored=stored)
        for cell in ("LSTM", "GRU")
        for T, B, H in bench.cases(
            [(100, 1, H) for H in (64, 128, 256, 512, 1024)] + [(50, B, H) for B in (16, 64) for H in (256, 512)],
            [(5, 1, 16), (4, 3, 16)],
        )
    ]


def measured(bench, layer, way, *options, threads=1):
    """Times by name of one layer."""
    command = [bench.program, "layer", "--model", bench.shared_object("layer", layer.cell, layer.H, layer.stored),
               "--cell", layer.cell, "--steps", layer.T, "--batch", layer.B, "--units", layer.H,
               "--pass", way, "--rounds", bench.rounds(25), "--threads", threads,
               "--round-us", int(bench.seconds * 1e6 * (10 if threads > 1 else 1)), *options]
    return read_pairs(command)


def forward(bench, suite="forward", stored="f32"):
    """The forward pass, weights packed before, against oneDNN's inference and
    training modes and ONNX Runtime, all of f32."""
    if not bench.onnxruntime:
        bench.skip("onnxruntime-node")
    options = ["--onnxruntime", bench.onnxruntime] if bench.onnxruntime else []
    for threads in bench.numbers_of_threads():
        for layer in layers(bench, stored):
            times = measured(bench, layer, "forward", *options, threads=threads)
            bench.rows(suite, layer, times.pop("rnnc"), times, threads=threads)


def forward_bf16(bench):
    """With weights of bf16; outputs within 4e-3 of the peers' largest."""
    forward(bench, "forward-bf16", "bf16")


def forward_int8(bench):
    """With weights of int8; outputs within 2e-2 of the peers' largest."""
    forward(bench, "forward-int8", "int8")


def gradient(bench):
    """Forward and backward against oneDNN's training pair. Ours packs the weights
    in each call; oneDNN's times are without and with that."""
    for threads in bench.numbers_of_threads():
        for layer in layers(bench):
            times = measured(bench, layer, "gradient", threads=threads)
            bench.rows("gradient", layer, times.pop("rnnc"), times, backward=True, threads=threads)


def lengths(bench):
    """The gradient for sequences of 1 to T steps beside that of full ones, whose
    time is reduced to as many rows: a ratio of 1 says that padding costs nothing."""
    for T, B, H in bench.cases([(50, 16, 256), (50, 64, 256)], [(5, 3, 16)]):
        layer = Layer("LSTM", T, B, H)
        times = measured(bench, layer, "lengths")
        share = times["rows"] / (T * B)
        ours = times["rnnc"]
        bench.emit(Row("lengths", "LSTM", T, B, H, ours, "rnnc-full", times["rnnc-full"] * share,
                       share * layer.flops(True) / ours * 1e-3,
                       share * bench.limit_us(layer, True) / ours))


def sample(bench):
    """Generated tokens against the bare steps that they take: what drawing costs."""
    for H in bench.cases((16, 128, 512), (8,)):
        command = [bench.program, "sample", "--model", bench.shared_object("sample", "LSTM", H), "--rounds",
                   bench.rounds(25), "--round-us", int(bench.seconds * 1e6)]
        times = read_pairs(command)
        for way in ("draw", "draw-at-0.8"):
            bench.emit(Row("sample", "LSTM", 1, 1, H, times[way], "step" + way[4:], times["step"]))


def step_limit_us(bench, layer):
    """The least time of a step of a stream. Every product waits for the state of
    the step before, and a state for two functions of gates, one after the other.
    The products of one gate, at best, are made while the first function is
    evaluated: the LSTM's output gate, the GRU's update."""
    bench.limits.measure(layer.streamed)
    products = max(layer.flops() / bench.limits.peak() * 1e-3,
                   layer.streamed / bench.limits.bandwidth(layer.streamed) * 1e-3)
    gates, activation = CELLS[layer.cell][2], bench.limits.activation
    return max(products + activation, products * (gates - 1) / gates + 2 * activation)


def stream(bench):
    """One step 1 -> H -> 1 against Eigen's matrices of fixed sizes."""
    for cell in ("LSTM", "GRU"):
        for H in bench.cases((8, 16, 32, 40, 64), (8,)):
            command = [bench.program, "stream", "--model", bench.shared_object("stream", cell, H), "--cell", cell,
                       "--units", H, "--rounds", bench.rounds(25), "--round-us", int(bench.seconds * 1e6)]
            times = read_pairs(command)
            layer, ours = Layer(cell, 1, 1, H, 1), times["rnnc"]
            share = step_limit_us(bench, layer) / ours
            bench.emit(Row("stream", cell, 1, 1, H, ours, "eigen", times["eigen"], layer.flops() / ours * 1e-3, share))
