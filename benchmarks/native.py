"""Suites that rnn-bench measures: LSTM and GRU beside oneDNN and ONNX Runtime,
single steps beside Eigen, and sequences of several lengths.
"""

from layers import CELLS, Layer
from limits import Least, Limits, read_pairs
from measure import Row, Time


def limits(bench):
    """What products of a library make of the cores' peak, which is gflops / ratio: of
    square matrices, of those that a step of an LSTM multiplies, and of those that give
    its weights' gradient from 50 steps of 16 sequences."""
    sizes = [(M, M, M) for M in (512, 2048)] + [(B, H, 4 * H) for B in (16, 64) for H in (256, 512)]
    sizes += [(4 * H, 800, 2 * H) for H in (256, 512)]
    for threads in bench.numbers_of_threads():
        for M, K, N in bench.cases(sizes, [(16, 16, 16)]):
            found = read_pairs([bench.program, "product", "--rows", M, "--inner", K, "--columns", N, "--threads",
                                threads, "--rounds", bench.rounds(25), "--round-us", int(bench.seconds * 1e6)])
            flops, ours = 2.0 * M * K * N, found["product"]
            bench.emit(Row("limits", f"{M}x{K}x{N}", None, None, None, ours, "fma-peak",
                           flops / found["peak"] * 1e-3, flops / ours * 1e-3, threads=threads))


def layers(bench, stored="f32"):
    """One sequence at many sizes, then batches, where weights as they are stored make
    little difference."""
    single = [(100, 1, H) for H in (64, 128, 256, 512, 1024)]
    batches = [(50, B, H) for B in (16, 64) for H in (256, 512)]
    sizes = bench.cases(single + batches, [(5, 1, 16), (4, 3, 16)], single if stored != "f32" else None)
    return [Layer(cell, T, B, H, stored=stored) for cell in ("LSTM", "GRU") for T, B, H in sizes]


def measured(bench, layer, way, *options, threads=1):
    """Our time of one layer, those of others by name, and the limits beside it."""
    command = [bench.program, "layer", "--model", bench.shared_object("layer", layer.cell, layer.H, layer.stored),
               "--cell", layer.cell, "--steps", layer.T, "--batch", layer.B, "--units", layer.H,
               "--pass", way, "--rounds", bench.rounds(41 if threads > 1 else 25), "--threads", threads,
               "--round-us", int(bench.seconds * 1e6 * (5 if threads > 1 else 1)), *options]
    times = read_pairs(command)
    limits, ours = Limits(times), Time(times.pop("rnnc"), times.pop("spread"))
    return ours, times, limits


def beside_peers(bench, suite, way, stored="f32", options=()):
    """Rows of all layers, and then of the batches' shares of the peak."""
    backward, batches = way == "gradient", []
    for threads in bench.numbers_of_threads():
        for layer in layers(bench, stored):
            ours, times, limits = measured(bench, layer, way, *options, threads=threads)
            bench.rows(suite, layer, ours, times, limits, backward, threads)
            if layer.B > 1:
                batches.append((layer, ours, limits, backward, threads))
    for batch in batches:
        bench.peak_row(f"{suite}-peak", *batch)


def forward(bench, suite="forward", stored="f32"):
    """The forward pass, weights packed before, against oneDNN's inference and
    training modes and ONNX Runtime, all of f32."""
    if not bench.onnxruntime:
        bench.skip("onnxruntime-node")
    options = ["--onnxruntime", bench.onnxruntime] if bench.onnxruntime else []
    beside_peers(bench, suite, "forward", stored, options)


def forward_bf16(bench):
    """With weights of bf16; outputs within 4e-3 of the peers' largest."""
    forward(bench, "forward-bf16", "bf16")


def forward_int8(bench):
    """With weights of int8; outputs within 2e-2 of the peers' largest."""
    forward(bench, "forward-int8", "int8")


def gradient(bench):
    """Forward and backward against oneDNN's training pair. Ours packs the weights
    in each call; oneDNN's times are without and with that."""
    beside_peers(bench, "gradient", "gradient")


def lengths(bench):
    """The gradient for sequences of 1 to T steps beside that of full ones, whose
    time is reduced to as many rows: a ratio of 1 says that padding costs nothing."""
    for T, B, H in bench.cases([(50, 16, 256), (50, 64, 256)], [(5, 3, 16)]):
        layer = Layer("LSTM", T, B, H)
        ours, times, limits = measured(bench, layer, "lengths")
        share = times["rows"] / (T * B)
        bench.emit(Row("lengths", "LSTM", T, B, H, ours, "rnnc-full", times["rnnc-full"] * share,
                       share * layer.flops(True) / ours * 1e-3,
                       layer.limit(limits, True) * share))


def sample(bench):
    """Generated tokens against the bare steps that they take: what drawing costs."""
    for H in bench.cases((16, 128, 512), (8,)):
        command = [bench.program, "sample", "--model", bench.shared_object("sample", "LSTM", H), "--rounds",
                   bench.rounds(25), "--round-us", int(bench.seconds * 1e6)]
        times = read_pairs(command)
        for way in ("draw", "draw-at-0.8"):
            bench.emit(Row("sample", "LSTM", 1, 1, H, times[way], "step" + way[4:], times["step"]))


def step_limit(layer, limits):
    """The least time of a step of a stream: that of its multiply-adds and gates, of
    reading its weights, or of waiting. A state is handed over to each product with it,
    and goes through two functions of gates, one after the other; all else may be made
    meanwhile, products by units that are ready first even before the step begins."""
    products = Least(products=layer.flops() / limits.peak() * 1e-3)
    waiting = CELLS[layer.cell].phases * limits.handover + 2 * limits.activation
    return max(products + layer.gates(limits, 1), Least(reading=layer.streamed / limits.bandwidth() * 1e-3),
               Least(waiting=waiting), key=lambda least: least.total)


def stream(bench):
    """One step 1 -> H -> 1 against Eigen's matrices of fixed sizes."""
    for cell in ("LSTM", "GRU"):
        for H in bench.cases((8, 16, 32, 40, 64), (8,)):
            command = [bench.program, "stream", "--model", bench.shared_object("stream", cell, H), "--cell", cell,
                       "--units", H, "--rounds", bench.rounds(25), "--round-us", int(bench.seconds * 1e6)]
            times = read_pairs(command)
            layer, ours, limits = Layer(cell, 1, 1, H, 1), Time(times["rnnc"], times["spread"]), Limits(times)
            bench.emit(Row("stream", cell, 1, 1, H, ours, "eigen", times["eigen"], layer.flops() / ours * 1e-3,
                           step_limit(layer, limits)))
