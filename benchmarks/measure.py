"""What all suites share: models compiled once, times taken in turns, limits of
this core measured in the same run, and the rows of the table.
"""

import ctypes
import dataclasses
import os
import statistics
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(FOLDER)
COLUMNS = ("suite", "cell", "T", "B", "H", "threads", "ours_us", "peer", "peer_us", "ratio", "gflops",
           "share_of_limit")

# Of a weight, as rnnc --weights stores it.
BYTES = {"f32": 4, "bf16": 2, "int8": 1}

# Matrices of H x H that a cell applies to its input and to its state, as layers
# of the prelude name it.
CELLS = {
    "LSTM": ("LSTM[H]", 4, 4),
    "GRU": ("GRU[H]", 3, 3),
    "MUT1": ("MUT1[H]", 2, 2),
    "MUT2": ("MUT2[H]", 2, 3),
    "MUT3": ("MUT3[H]", 3, 3),
    "LSTMPeephole": ("LSTMPeephole[H]", 4, 4),
    "Multiplicative": ("Multiplicative[H, H]", 2, 2),
    "RecurrentHighway": ("RecurrentHighway[H, 2]", 2, 4),
    "LSTMLayerNorm": ("LSTMLayerNorm[H]", 4, 4),
}


class Disagreement(Exception):
    """Two sides computed different things: their times mean nothing."""


@dataclasses.dataclass
class Row:
    """A line of the CSV. A ratio above 1 says that ours is faster (in suites
    named -bytes: smaller). The targets are the least ratio and share wanted."""

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
    target: float = None
    share_target: float = None
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
        _, ofx, ofh = CELLS[self.cell]
        return ofx * self.H * (self.inputs or self.H), ofh * self.H**2

    def flops(self, backward=False):
        """Of the products; a backward pass has two for each of the forward pass."""
        return 2.0 * self.T * self.B * sum(self.weights) * (3 if backward else 1)

    def limit_us(self, limits, backward=False):
        """The least time of one core. Products run at the peak; those with the
        state, step by step, no faster than their weights stream from cache.
        A backward pass has the same again, and twice the products of x."""
        ofx, ofh = (2.0 * self.T * self.B * count / limits.peak * 1e-3 for count in self.weights)
        size = BYTES[self.stored] * self.weights[1]
        recurrent = max(ofh, self.T * size / limits.bandwidth(size) * 1e-3)
        return ofx + recurrent + (2 * ofx + ofh + recurrent if backward else 0)


class Limits:
    """Peak (GFLOP/s) and bandwidths (GB/s) of one core, measured when wanted."""

    def __init__(self, program):
        self.program, self.peak, self.bandwidths = program, 0.0, {}
        self.bandwidth(1 << 20)

    def bandwidth(self, size):
        kilobytes = max(size >> 10, 4)
        if kilobytes not in self.bandwidths:
            found = read_pairs([self.program, "limits", "--kilobytes", str(kilobytes)])
            self.peak = max(self.peak, found["peak"])
            self.bandwidths[kilobytes] = found["bandwidth"]
        return self.bandwidths[kilobytes]


def read_pairs(command):
    """The lines of a name and a number that rnn-bench prints."""
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise Disagreement(run.stderr.strip())
    return {name: float(value) for name, value in (line.split() for line in run.stdout.splitlines())}


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
        self.limits = Limits(self.program)

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

    def shared_object(self, template, cell, units, weights="f32"):
        path = os.path.join(self.folder, f"{template}-{cell}-{units}-{weights}.so")
        if not os.path.exists(path):
            subprocess.run([self.rnnc, self.source(template, cell), "--emit=so", f"--weights={weights}",
                            "-D", f"H={units}", "-o", path], check=True)
        return path

    def row(self, suite, layer, ours, peer, theirs, backward=False, target=None, share_target=None, threads=1):
        """Emits a row of one layer, with its rate and its share of the limit."""
        self.emit(Row(suite, layer.cell, layer.T, layer.B, layer.H, ours, peer, theirs,
                      layer.flops(backward) / ours * 1e-3,
                      layer.limit_us(self.limits, backward) / threads / ours, target, share_target, threads))
