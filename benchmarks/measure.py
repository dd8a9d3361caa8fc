"""What all suites share: models compiled once, times taken in turns, and the rows
of the table with the limits that hold for them.
"""

import ctypes
import dataclasses
import os
import statistics
import subprocess
import sys
import time

from limits import Disagreement, Limits

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(FOLDER)
COLUMNS = ("suite", "cell", "T", "B", "H", "threads", "ours_us", "peer", "peer_us", "ratio", "gflops",
           "share_of_limit")

# Of a weight, as rnnc --weights stores it.
BYTES = {"f32": 4, "bf16": 2, "int8": 1}

# As layers of the prelude name it, matrices of H x H that a cell applies to its
# input and to its state, and how many of the latter one after another.
CELLS = {
    "LSTM": ("LSTM[H]", 4, 4, 1),
    "GRU": ("GRU[H]", 3, 3, 2),
    "MUT1": ("MUT1[H]", 2, 2, 2),
    "MUT2": ("MUT2[H]", 2, 3, 2),
    "MUT3": ("MUT3[H]", 3, 3, 2),
    "LSTMPeephole": ("LSTMPeephole[H]", 4, 4, 1),
    "Multiplicative": ("Multiplicative[H, H]", 2, 2, 2),
    "RecurrentHighway": ("RecurrentHighway[H, 2]", 2, 4, 2),
    "LSTMLayerNorm": ("LSTMLayerNorm[H]", 4, 4, 1),
}


@dataclasses.dataclass
class Row:
    """A line of the CSV. A ratio above 1 says that ours is faster (in suites
    named -bytes and -ppb: smaller)."""

    suite: str
    cell: str
    T: int
    B: int
    H: int
    ours_us: float
    peer: str
    peer_us: float
    gflops: float = None
    share_of_limit: float = None
    threads: int = 1

    @property
    def ratio(self):
        return self.peer_us / self.ours_us

    @property
    def most(self):
        """The ratio of code that runs at its limit."""
        return self.ratio / self.share_of_limit if self.share_of_limit else None

    def csv(self):
        def text(value):
            return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)

        return ",".join(text(getattr(self, column)) for column in COLUMNS)


@dataclasses.dataclass
class Layer:
    """One layer's sizes and what it has to do at least."""

    cell: str
    T: int
    B: int
    H: int
    inputs: int = None  # as many as units
    stored: str = "f32"  # what rnnc keeps the weights as

    @property
    def weights(self):
        """Elements of the matrices that the input meets, and the state."""
        _, ofx, ofh, _ = CELLS[self.cell]
        return ofx * self.H * (self.inputs or self.H), ofh * self.H**2

    def flops(self, backward=False):
        """Of the products; a backward pass has two for each of the forward pass."""
        return 2.0 * self.T * self.B * sum(self.weights) * (3 if backward else 1)

    @property
    def streamed(self):
        """Bytes that every step of a recurrence reads."""
        return BYTES[self.stored] * self.weights[1]

    @property
    def packed(self):
        """Bytes that every gradient packs, once as they are and once transposed."""
        return 4 * sum(self.weights)

    def limit_us(self, limits, backward=False, threads=1):
        """The least time of so many cores, or of one of them."""
        return min(self.limit_together(limits, backward, count) for count in {1, threads})

    def limit_together(self, limits, backward, threads):
        """Products run at the peak; those with the state, step by step, no faster
        than their weights stream from the caches that hold them, each core its
        share. For one sequence cores have to meet before every product with what
        the one before gave. A backward pass has the same again with the transposed
        weights, twice the products of x, one of h for the weights' gradient, and
        has copied all weights twice."""
        ofx, ofh = (2.0 * self.T * self.B * count / limits.peak(threads) * 1e-3 for count in self.weights)
        meetings = CELLS[self.cell][3] if threads > 1 and self.B == 1 else 0
        meeting = self.T * meetings * limits.barrier(threads)
        recurrent = max(ofh, self.T * self.streamed / limits.bandwidth(self.streamed, threads) * 1e-3) + meeting
        if not backward:
            return ofx + recurrent
        packing = 2 * self.packed / limits.copy(self.packed, threads) * 1e-3
        return packing + 3 * ofx + ofh + 2 * recurrent


def in_turns(functions, rounds, seconds, clock=time.process_time):
    """Median microseconds of one call of each function. They take turns, each for
    at least `seconds` after one call that does not count."""
    times = [[] for _ in functions]
    for _ in range(rounds):
        for function, found in zip(functions, times):
            if clock is not time.process_time:
                time.sleep(0.03)  # Until the threads of the one before sleep.
            function()
            start, calls, elapsed = clock(), 0, 0.0
            while calls == 0 or elapsed < seconds:
                function()
                calls += 1
                elapsed = clock() - start
            found.append(elapsed / calls)
    return [statistics.median(found) * 1e6 for found in times]


def agree(name, ours, theirs, tolerance=1e-4):
    """Both within this share of the largest element. NaN does not agree."""
    import numpy

    apart, largest = numpy.abs(ours - theirs).max(), numpy.abs(theirs).max()
    if not apart <= tolerance * largest:
        raise Disagreement(f"{name} differs: expected at most {tolerance * largest:.4g}, got {apart:.4g}")


@dataclasses.dataclass
class Bench:
    """One run: where things are, how long to measure, and where rows go."""

    build: str
    folder: str
    quick: bool
    tiny: bool
    onnxruntime: str
    emit: object
    threads: tuple = (1,)
    missing: set = dataclasses.field(default_factory=set)

    def __post_init__(self):
        self.program = os.path.join(self.build, "bin", "rnn-bench")
        self.rnnc = os.path.join(self.build, "bin", "rnnc")
        self.cores = sorted(os.sched_getaffinity(0))
        self.use(1)
        self.limits = Limits(self.program, 2 if self.tiny else 60)
        self.limits.measure(1 << 20)

    def use(self, threads):
        """Keeps what one thread does on one core: moving to another loses what is
        in the caches. Programs and threads started from now on inherit this."""
        os.sched_setaffinity(0, self.cores if threads > 1 else self.cores[-1:])

    def numbers_of_threads(self):
        """Those that the suites for several threads go through, each with its cores."""
        for threads in self.threads:
            self.use(threads)
            yield threads
        self.use(1)

    def rounds(self, full):
        """Rounds of a suite whose full number is `full`."""
        return 2 if self.tiny else min(full, 5) if self.quick else full

    @property
    def seconds(self):
        return 0 if self.quick or self.tiny else 2e-3

    def cases(self, full, tiny):
        return tiny if self.tiny else full

    def has(self, module):
        """Whether a module of Python is there; says once where it is not."""
        try:
            __import__(module)
        except ImportError:
            self.skip(module)
            return False
        self.warn_of_blas()
        return True

    def warn_of_blas(self):
        """Debian's NumPy and PyTorch take the BLAS of the system, and the one that
        comes first is many times slower than OpenBLAS."""
        try:
            slow = not hasattr(ctypes.CDLL("libblas.so.3"), "openblas_get_config")
        except OSError:
            return  # They bring their own.
        if slow and "blas" not in self.missing:
            print("libblas.so.3 is not OpenBLAS: NumPy and PyTorch are slower than they could be", file=sys.stderr)
            self.missing.add("blas")

    def skip(self, peer):
        if peer not in self.missing:
            print(f"{peer} is not installed: left out", file=sys.stderr)
        self.missing.add(peer)

    def source(self, template, cell):
        """A .rnn file of one cell."""
        with open(os.path.join(FOLDER, template + ".rnn.in")) as file:
            text = file.read().replace("@CELL@", CELLS[cell][0])
        path = os.path.join(self.folder, f"{template}-{cell}.rnn")
        with open(path, "w") as file:
            file.write(text)
        return path

    def shared_object(self, template, cell, units, weights="f32", options=()):
        name = "-".join([template, cell, str(units), weights, *(option.strip("-") for option in options)])
        path = os.path.join(self.folder, name + ".so")
        if not os.path.exists(path):
            subprocess.run([self.rnnc, self.source(template, cell), "--emit=so", f"--weights={weights}",
                            "-D", f"H={units}", *options, "-o", path], check=True)
        return path

    def limit_us(self, layer, backward=False, threads=1):
        """The least time of a layer, by what the cores do now or did before."""
        for count in sorted({1, threads}):
            self.limits.measure(layer.streamed, count)
            if backward:
                self.limits.measure(layer.packed, count)
        return layer.limit_us(self.limits, backward, threads)

    def rows(self, suite, layer, ours, peers, backward=False, threads=1):
        """Emits a row of one layer for each peer, whose times are given by name,
        with our rate and our share of the limit."""
        share = self.limit_us(layer, backward, threads) / ours
        rate = layer.flops(backward) / ours * 1e-3
        for peer, theirs in peers.items():
            self.emit(Row(suite, layer.cell, layer.T, layer.B, layer.H, ours, peer, theirs, rate, share, threads))
