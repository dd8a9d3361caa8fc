"""One sequence through several layers: what a second thread gains."""

import time

import rnn
from growth import Inference
from measure import FOLDER, Layer, Row, agree, in_turns

LAYERS, THREADS = 4, 2


def limit_us(limits, layer):
    """The least time of the stack: either all cores work on each layer, as on one,
    or each core on layers of its own, whose weights it reads as a whole."""
    together = layer.limit_us(limits, threads=THREADS)
    ofx, ofh = (2.0 * layer.T * count / limits.peak(THREADS) * 1e-3 for count in layer.weights)
    streams = layer.T * layer.streamed / limits.bandwidth(THREADS * layer.streamed, THREADS) * 1e-3
    return LAYERS * min(together, ofx + max(ofh, streams))


def stack(bench):
    """A plan for two threads against one for one thread. Small layers run one behind
    another, in shorter chunks than those of one thread."""
    bench.use(THREADS)
    for T, H in bench.cases([(100, 64), (100, 128), (100, 256)], [(9, 16)]):
        layer = Layer("LSTM", T, 1, H)
        model = rnn.compile_model(f"{FOLDER}/stack.rnn", bench.folder, sizes={"H": H, "L": LAYERS}, element_type="f32")
        ours, alone = (Inference(model, T, 1, threads) for threads in (THREADS, 1))
        ours.run()
        alone.run()
        agree("stack: y", ours.call.outputs["y"], alone.call.outputs["y"], 1e-6)
        times = in_turns([ours.run, alone.run], bench.rounds(25), 10 * bench.seconds, time.perf_counter)
        bench.limit_us(layer, threads=THREADS)
        bench.limits.measure(THREADS * layer.streamed, THREADS)
        bench.emit(Row("stack", f"LSTM x {LAYERS}", T, 1, H, times[0], "rnnc-1-thread", times[1],
                       LAYERS * layer.flops() / times[0] * 1e-3, limit_us(bench.limits, layer) / times[0], THREADS))
    bench.use(1)
