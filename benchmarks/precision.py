"""Does single precision wear off? How far f32 is from f64 at most within the
first steps of a long sequence, for each of the cells that forget.
"""

import os

import numpy

import rnn
from measure import CELLS, Row

STEPS, UNITS, SEQUENCES, TOLERANCE = 1000, 32, 5, 2e-6


def trajectory(model, params, x):
    data = {"x": x.astype(model.dtype)}
    return rnn.Plan(model, *x.shape[:2]).forward(params.astype(model.dtype), data)["y"]


def apart(bench, cell):
    """At each step, the largest difference of an output. Inputs are bounded and
    weights of a trained layer's size."""
    path = bench.source("layer", cell)
    single, double = (rnn.compile_model(path, bench.folder, sizes={"H": UNITS}, element_type=name)
                      for name in ("f32", "f64"))
    rng = numpy.random.default_rng(11)
    params = single.random_params(rng, 0.8 / UNITS**0.5)
    x = rng.uniform(-1, 1, (STEPS, SEQUENCES, UNITS)).astype(numpy.float32)
    return numpy.abs(trajectory(single, params, x) - trajectory(double, params, x)).max((1, 2))


def accuracy(bench):
    """A row for each length of the sequence; the peer is what is tolerated."""
    for cell in CELLS:
        if cell == "LSTMLayerNorm":
            continue  # Dividing by a deviation, it enlarges differences.
        found = apart(bench, cell)
        for T in (10, 100, STEPS):
            bench.emit(Row("accuracy-ppb", cell, T, SEQUENCES, UNITS, float(found[:T].max() * 1e9), "tolerance",
                           TOLERANCE * 1e9))
