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

from layers import CELLS
from limits import Disagreement, Probe

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(FOLDER)
COLUMNS = ("suite", "cell", "T", "B", "H", "threads", "ours_us", "peer", "peer_us", "ratio", "gflops",
           "share_of_limit")


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
    least: object = None  # microseconds, see limits.py
    threads: int = 1
    spread: float = None  # of the middle half of our turns, as a share of their median

    def __post_init__(self):
        self.spread = getattr(self.ours_us, "spread", self.spread)

    @property
    def ratio(self):
        return self.peer_us / self.ours_us

    @property
    def share_of_limit(self):
        return self.least.total / self.ours_us if self.least else None

    @property
    def most(self):
        """The ratio of code that runs at its limit."""
        return self.ratio / self.share_of_limit if self.share_of_limit else None

    def csv(self):
        def text(value):
            return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)

        return ",".join(text(getattr(self, column)) for column in COLUMNS)


class Time(float):
    """A median of microseconds, and how far the middle half of the turns spreads, as a
    share of it."""

    def __new__(cls, median, spread):
        made = super().__new__(cls, median)
        made.spread = spread
        return made


def summarise(times):
    median = statistics.median(times)
    low, _, high = statistics.quantiles(times, n=4) if len(times) > 1 else 3 * times
    return Time(median, (high - low) / median)


def in_turns(functions, rounds, seconds, clock=time.process_time, probes=()):
    """Median microseconds of one call of each function. They take turns, to and fro,
    each for at least `seconds` after one call that does not count. Probes end a round,
    for as long as the first function."""
    times = [[] for _ in functions]
    sides = list(zip(functions, times))
    wait_before = lambda: seconds and clock is not time.process_time and wait(probes)
    for number in range(rounds):
        first = 0.0
        for function, found in sides[:: -1 if number % 2 else 1]:
            wait_before()
            function()
            start, calls, elapsed = clock(), 0, 0.0
            while calls == 0 or elapsed < seconds:
                function()
                calls += 1
                elapsed = clock() - start
            found.append(elapsed / calls * 1e6)
            first = elapsed if function is functions[0] else first
        wait_before()
        for probe in probes:
            probe.turn(first)
    return [summarise(found) for found in times]


def wait(probes):
    """Until the threads of the one whose turn it was no longer look for work: until 5
    ms take less than half a millisecond of this process' time, a second at most. Then
    for the cores."""
    for _ in range(200):
        before = time.process_time()
        time.sleep(5e-3)
        if time.process_time() - before < 5e-4:
            break
    for probe in probes:
        probe.wait_for_cores()


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
        return 0 if self.tiny else 1e-3 if self.quick else 2e-3

    def cases(self, full, tiny, quick=None):
        """Those of this run; a quick one may leave out what others are like."""
        return tiny if self.tiny else quick if self.quick and quick else full

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
            text = file.read().replace("@CELL@", CELLS[cell].layer)
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

    def probe(self, size=1 << 20, threads=1):
        """What measures the limits of reading so many bytes, in turns with a case."""
        return Probe(self.program, size, threads)

    def rows(self, suite, layer, ours, peers, limits, backward=False, threads=1):
        """Emits a row of one layer for each peer, whose times are given by name,
        with our rate and the least time that there could be."""
        least = layer.limit(limits, backward, threads)
        flops = layer.flops(backward)
        for peer, theirs in peers.items():
            self.emit(Row(suite, layer.cell, layer.T, layer.B, layer.H, ours, peer, theirs, flops / ours * 1e-3, least,
                          threads))

    def peak_row(self, suite, layer, ours, limits, backward=False, threads=1):
        """What of the peak the products alone make use of: the peer is a core that does
        nothing else."""
        flops, peak = layer.flops(backward), limits.peak(threads)
        self.emit(Row(suite, layer.cell, layer.T, layer.B, layer.H, ours, "fma-peak", flops / peak * 1e-3,
                      flops / ours * 1e-3, layer.limit(limits, backward, threads), threads))
