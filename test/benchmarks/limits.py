# RUN: %python %s %source
"""The least time of a case from what the cores can do, and the table of targets, on
figures that make both easy to follow."""

import os
import sys

sys.path.insert(0, os.path.join(sys.argv[1], "benchmarks"))

import report
from layers import CELLS, LanguageModel, Layer
from limits import Least, Limits
from measure import Row, summarise

# Of 1000 units a step multiplies 4 million weights of h and as many of x: at 1000
# GFLOP/s 8 us each, and from caches of 1600 GB/s 10 us.
FOUND = {"rnnc": 1.0, "peak-1": 1000.0, "peak-2": 2000.0, "bandwidth-1": 1600.0, "bandwidth-2": 3200.0,
         "barrier-1": 0.0, "barrier-2": 1.0, "activation-1": 0.01, "function-1": 10.0}
found = dict(FOUND)
limits = Limits(found)
assert list(found) == ["rnnc"]  # It takes its own out.


def close(ours, expected):
    assert abs(ours - expected) <= 1e-9 * expected, (ours, expected)


def check(least, products=0.0, functions=0.0, reading=0.0, waiting=0.0):
    for ours, expected in zip((least.products, least.functions, least.reading, least.waiting),
                              (products, functions, reading, waiting)):
        close(ours, expected)


# One sequence reads; the products with the input come on top.
check(Layer("LSTM", 10, 1, 1000).limit(limits), products=80, reading=100)
# Halves of the weights on two cores; a barrier is hidden by a core's own half.
check(Layer("LSTM", 10, 1, 1000).limit(limits, threads=2), products=40, reading=50)
slow = Limits(FOUND | {"barrier-2": 4.0})
check(Layer("LSTM", 10, 1, 1000).limit(slow, threads=2), products=40, reading=50, waiting=40 - 25)
# Two for the GRU, whose time on one core is shorter where they are slow.
check(Layer("GRU", 10, 1, 1000).limit(slow, threads=2), products=30, reading=37.5, waiting=80 - 18.75)
check(Layer("GRU", 10, 1, 1000).limit(Limits(FOUND | {"barrier-2": 9.0}), threads=2), products=60, reading=75)
# Fewer bytes, and dot products of bytes.
check(Layer("LSTM", 10, 1, 1000, stored="bf16").limit(limits), products=160,
      functions=10 * 1000 * 2 * (5 * 10 + 3) * 1e-6)
check(Layer("LSTM", 10, 1, 1000, stored="int8").limit(limits), products=120,
      functions=10 * 1000 * 2 * (5 * 10 + 3) * 1e-6)
# A batch computes: five functions and three multiplications a unit and step.
gates = 10 * 4 * 1000 * 2 * (5 * 10 + 3) * 1e-6
check(Layer("LSTM", 10, 4, 1000).limit(limits), products=640, functions=gates)
check(Layer("LSTM", 10, 4, 1000).limit(limits, threads=2), products=320, functions=gates / 2)
# Six products for two, and thirteen multiplications backward; one sequence reads twice.
check(Layer("LSTM", 10, 4, 1000).limit(limits, True), products=3 * 640, functions=gates * (53 + 13) / 53)
check(Layer("LSTM", 10, 1, 1000).limit(limits, True), products=80 * 4, reading=200)
# No input of its own.
check(Layer("LSTM", 10, 4, 1000, 1).limit(limits), products=320.32, functions=gates)
for cell in CELLS:
    layer = Layer(cell, 10, 4, 1000)
    close(layer.limit(limits).products, layer.flops() * 1e-6)
    close(layer.limit(limits, True).products, layer.flops(True) * 1e-6)

# Products of a step and the read-out three times; gates both ways, e^x, and Adam.
model = LanguageModel(10, 4, (CELLS["LSTM"],), 100, 40000, 50, 1000, "adam")
check(model.limit(limits), products=3 * 2 * 40 * 45000 * 1e-6,
      functions=2 * (40 * 100 * (53 + 13) + 40 * 50 * 7 + 1000 * 8) * 1e-6)

least = Least(60, 10, 30) + Least(20) * 2
assert least.total == 140 and least.words() == "multiply-adds 71%, reading weights 21%, gates 7%", least.words()
time = summarise([4.0, 2.0, 3.0, 100.0, 1.0])
assert time == 3.0 and time.spread > 1, (time, time.spread)

# The worst of a target, and what it misses: here by the limit, which gives 0.92 / 0.9.
rows = [Row("forward-peak", "LSTM", 50, 64, 512, 100.0, "fma-peak", 90.0, 1.0, Least(97.0, 1.0)),
        Row("forward-peak", "GRU", 50, 64, 512, 100.0, "fma-peak", 95.0, 1.0, Least(97.0, 1.0)),
        Row("compile", "charlm", None, None, 128, 2e6, "limit", 1e6)]
table = [" ".join(line.split()) for line in report.targets_table(rows).splitlines()]
assert table == [
    "wanted worst met most limit the limit is made of",
    "forward, B 64, H 512, share of the peak 92.0% 90.0% 1/2 91.8% 98.0% multiply-adds 99%, gates 1%",
    "LSTM T 50 B 64 H 512 against fma-peak 92.0% 90.0% no 91.8% 98.0% multiply-adds 99%, gates 1%",
    "rnnc within a second 1.00 0.50 0/1",
    "charlm H 128 against limit 1.00 0.50 no",
], table
assert "98.0%" in report.line(rows[0]) and "< 0.92" in report.line(rows[0]), report.line(rows[0])
