"""Sequences through several layers: what a second thread gains."""

import time

import rnn
from growth import Inference
from layers import Layer
from limits import Least
from measure import Row, agree, in_turns

LAYERS, THREADS = 4, 2


def limit(layer, limits, of_both):
    """The least time of the stack: either all cores work on each layer, as on one,
    or each core on layers of its own, whose weights it reads as a whole; `of_both` are
    the limits of reading those of two layers, each core one's."""
    together = layer.limit(limits, threads=THREADS)
    ofx, ofh = layer.products(of_both, THREADS)
    computing = ofh + layer.gates(of_both, THREADS)
    reading = Least(reading=layer.T * layer.streamed / of_both.bandwidth(THREADS) * 1e-3)
    apart = ofx + max(computing, reading, key=lambda least: least.total)
    return min(together, apart, key=lambda least: least.total) * LAYERS


def stack(bench):
    """A plan for two threads against one for one thread. Small layers run one behind
    another, in shorter chunks than those of one thread."""
    bench.use(THREADS)
    sizes = [(100, 1, H) for H in (64, 128, 256)] + [(50, 4, H) for H in (128, 256)]
    for cell in ("LSTM", "GRU"):
        for T, B, H in bench.cases(sizes, [(9, 1, 16), (9, 4, 16)]):
            emit(bench, Layer(cell, T, B, H))
    bench.use(1)


def emit(bench, layer):
    path, sizes = bench.source("stack", layer.cell), {"H": layer.H, "L": LAYERS}
    model = rnn.compile_model(path, bench.folder, sizes=sizes, element_type="f32")
    ours, alone = (Inference(model, layer.T, layer.B, threads) for threads in (THREADS, 1))
    ours.run()
    alone.run()
    agree("stack: y", ours.call.outputs["y"], alone.call.outputs["y"], 1e-5)
    probes = [bench.probe(size * layer.streamed, THREADS) for size in (1, THREADS)]
    times = in_turns([ours.run, alone.run], bench.rounds(41), 5 * bench.seconds, time.perf_counter, probes)
    least = limit(layer, *(probe.limits() for probe in probes))
    bench.emit(Row("stack", f"{layer.cell} x {LAYERS}", layer.T, layer.B, layer.H, times[0], "rnnc-1-thread", times[1],
                   LAYERS * layer.flops() / times[0] * 1e-3, least, THREADS))
