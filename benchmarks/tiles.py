"""The register tiles that the compiler chooses beside others that fit."""

import re
import subprocess

import rnn
from choices import Choice
from layers import Layer
from measure import Row, in_turns

# By what --cpu says: this one, and what it can also be taken for, AVX2, and
# vectors of 16 bytes without multiply-adds.
SUITES = {"native": "tiles", "x86-64-v3": "tiles-avx2", "x86-64-v2": "tiles-sse"}
VECTORS = (1, 2, 3, 4, 6)
MOST_ROWS = 14


def cpus():
    """Those of SUITES that this machine can run."""
    with open("/proc/cpuinfo") as file:
        lines = re.findall(r"^flags\s*:(.*)$", file.read(), re.MULTILINE)
    flags = set(lines[0].split()) if lines else set()
    levels = {"x86-64-v3": {"avx2", "fma", "bmi2"}, "x86-64-v2": {"sse4_2", "popcnt"}}
    return ["native", *(name for name, needed in levels.items() if needed <= flags)]


def registers(bench, cpu):
    command = [bench.rnnc, bench.source("layer", "GRU"), "--emit=schedule", f"--cpu={cpu}"]
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # Without multiply-adds a product takes one.
    return int(re.search(r"(\d+) registers", table)[1]) - (cpu == "x86-64-v2")


def highest(vectors, available):
    """The most rows of a tile whose sums and operands fit."""
    fitting = [rows for rows in range(1, MOST_ROWS + 1)
               if rows * vectors + min(rows, vectors) + 1 <= available]
    return max(fitting, default=None)


def tiles(bench):
    """A ratio below 1 is a tile that beats what was chosen. Every site takes part
    whose gates divide its vectors; all do with two."""
    for cpu in bench.cases(cpus(), cpus(), ["native"]):
        available = registers(bench, cpu)
        others = {f"tile={highest(vectors, available)}x{vectors}": f"--tile={highest(vectors, available)}x{vectors}"
                  for vectors in VECTORS if highest(vectors, available)}
        sizes = [(80, 10, 100), (50, 16, 256), (20, 64, 256)] + [(200, 4, 128), (50, 16, 512)] * (cpu == "native")
        for T, B, H in bench.cases(sizes, [(5, 5, 16)]):
            layer = Layer("GRU", T, B, H)
            paths = [bench.shared_object("layer", "GRU", H, options=(f"--cpu={cpu}", *asked))
                     for asked in ((), *((option,) for option in others.values()))]
            sides = [Choice(rnn.Model(path, "bench"), layer, "forward") for path in paths]
            times = in_turns([side.run for side in sides], bench.rounds(9), bench.seconds)
            rate = layer.flops() / times[0] * 1e-3
            for name, time in zip(others, times[1:]):
                bench.emit(Row(SUITES[cpu], layer.cell, T, B, H, times[0], name, time, rate))
