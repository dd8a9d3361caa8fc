# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %source %build %t
"""scripts/bench.sh's program at tiny sizes: every suite runs, its results agree
with those of the peers that are there, and the CSV has its form. How fast
anything is, no test says.
"""

import csv
import importlib.util
import os
import subprocess
import sys
import xml.etree.ElementTree

source, build, folder = sys.argv[1:]
TORCH = importlib.util.find_spec("torch") is not None
COLUMNS = "suite,cell,T,B,H,threads,ours_us,peer,peer_us,ratio,gflops,share_of_limit".split(",")
CELLS = ["LSTM", "GRU", "MUT1", "MUT2", "MUT3", "LSTMPeephole", "Multiplicative", "RecurrentHighway", "LSTMLayerNorm"]


def bench(*options):
    command = [sys.executable, os.path.join(source, "benchmarks", "bench.py"), "--build", build, *options]
    return subprocess.run(command, capture_output=True, text=True)


path, picture = os.path.join(folder, "rows.csv"), os.path.join(folder, "ratios.svg")
run = bench("--tiny", "--csv", path, "--svg", picture)
assert run.returncode == 0, run.stderr
assert ("torch is not installed: left out" in run.stderr) == (not TORCH), run.stderr
with open(path, newline="") as file:
    header, *rows = csv.reader(file)
assert header == COLUMNS, header
rows = [dict(zip(COLUMNS, row, strict=True)) for row in rows]

for row in rows:
    ours, theirs, ratio = (float(row[name]) for name in ("ours_us", "peer_us", "ratio"))
    assert ours > 0 and theirs > 0, row
    assert abs(ratio - theirs / ours) <= 1e-2 * ratio + 1e-4, row
    assert row["threads"] in ("1", "2") and (not row["gflops"] or float(row["gflops"]) > 0), row
    for size in ("T", "B", "H"):
        assert not row[size] or int(row[size]) > 0, row
# The targets that tiny cases belong to.
table = run.stdout[run.stdout.index("targets: ") :].splitlines()
assert "the limit is made of" in table[2], table
for name in ("min-char-rnn against NumPy", "its object within 200 kB", "f32 within 2e-6 of f64 over 1,000 steps"):
    assert any(line.startswith(name) for line in table), (name, table)
assert not any(line.startswith("forward") for line in table), table
assert any("multiply-adds" in line and "gates" in line for line in table), table


def peers(suite, cell):
    return [row["peer"] for row in rows if (row["suite"], row["cell"]) == (suite, cell)]


for cell in ("LSTM", "GRU"):
    for suite in ("forward", "forward-bf16", "forward-int8"):
        found = [peer for peer in peers(suite, cell) if peer != "onnxruntime"]
        assert found == 4 * ["onednn-inference", "onednn-training"], (suite, found)
    assert peers("gradient", cell) == 4 * ["onednn", "onednn-packing"], cell
    assert peers("stream", cell) == ["eigen"], cell
    assert peers("sample", cell) == (cell == "LSTM") * ["step", "step-at-0.8"], cell
    assert peers("pytorch", cell) == 2 * TORCH * ["pytorch"], cell
for cell in CELLS:
    assert peers("cells-forward", cell) == peers("cells-gradient", cell) == ["rnnc-LSTM"], cell
    assert peers("cells-pytorch", cell) == (TORCH and cell != "LSTM") * ["pytorch-script"], cell
assert peers("training", "min-char-rnn") == ["numpy"]
assert peers("training", "charlm 2 layers") == TORCH * ["pytorch"]
for suite in ("lengths", "compile", "object-bytes", "growth-compile", "growth-T", "growth-B", "growth-memory-bytes",
              "tiles"):
    assert any(row["suite"] == suite for row in rows), suite
for cell in ("LSTM", "GRU"):
    assert peers("stack", f"{cell} x 4") == 2 * ["rnnc-1-thread"], cell
    for suite in ("forward-peak", "gradient-peak"):
        assert peers(suite, cell) == 2 * ["fma-peak"], suite
assert peers("limits", "16x16x16") == 2 * ["fma-peak"]
for cell in CELLS:
    assert peers("accuracy-ppb", cell) == (cell != "LSTMLayerNorm") * 3 * ["tolerance"], cell
assert len(xml.etree.ElementTree.parse(picture).getroot()) > 10

# A suite that there is not.
run = bench("--suites", "forward,backward")
assert run.returncode == 2 and "got 'backward'" in run.stderr, run.stderr
