"""The compiler's own time, what it writes, and its time against sizes."""

import os
import resource
import statistics
import subprocess

from measure import ROOT, Row


def run_compiler(bench, source, units, path):
    """Processor seconds of one run that writes an object."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([bench.rnnc, source, "-D", f"H={units}", "-o", path], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compile_time(bench):
    """The character LSTM of two layers with its gradient: at most a second, and
    200 kB."""
    source = os.path.join(ROOT, "examples", "charlm", "charlm.rnn")
    path = os.path.join(bench.folder, "charlm.o")
    units = bench.cases(128, 16)
    times = [run_compiler(bench, source, units, path) for _ in range(bench.rounds(5))]
    for suite, found, limit in (
        ("compile", statistics.median(times) * 1e6, 1e6),
        ("object-bytes", os.path.getsize(path), 200e3),
    ):
        bench.emit(Row(suite, "charlm 2 layers", None, None, units, found, "limit", limit))


def compile_growth(bench):
    """Neither T nor B is known to the compiler; the number of units should not
    matter to it. The peer is the smallest model."""
    source, path = bench.source("layer", "LSTM"), os.path.join(bench.folder, "growth.o")
    sizes = bench.cases((64, 128, 256, 512, 1024), (16, 32))
    rounds = [[run_compiler(bench, source, units, path) for units in sizes] for _ in range(bench.rounds(5))]
    times = [statistics.median(found) * 1e6 for found in zip(*rounds)]
    for units, found in zip(sizes, times):
        bench.emit(Row("growth-compile", "LSTM", None, None, units, found, f"H={sizes[0]}", times[0]))
