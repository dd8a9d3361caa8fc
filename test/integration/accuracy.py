# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Single precision does not wear off over a long sequence.

After each of 1,000 steps on bounded inputs the outputs in f32 are within 2e-6 of
those in f64 for the same parameters and inputs: what the fast activations lose
does not add up. The cells are those whose states forget, with weights of a
trained layer's size.
"""

import os
import sys

import numpy

import rnn

STEPS, UNITS, TOLERANCE = 1000, 32, 2e-6

CELLS = {
    "vanilla": "Vanilla[H]",
    "lstm": "LSTM[H]",
    "peephole": "LSTMPeephole[H]",
    "gru": "GRU[H]",
    "mut1": "MUT1[H]",
    "mut2": "MUT2[H]",
    "mut3": "MUT3[H]",
    "multiplicative": "Multiplicative[H, H]",
    "highway": "RecurrentHighway[H, 2]",
}
MODEL = """model {name}[H = {units}] {{
  input  x: seq[T] [H]
  layer net = {cell}
  y = net(x)
  output y
}}
"""


def trajectory(model, params, x, gemm):
    plan = rnn.Plan(model, *x.shape[:2], gemm=gemm)
    return plan.forward(params.astype(model.dtype), {"x": x.astype(model.dtype)})["y"]


def furthest(folder, name, cell, batch):
    """The largest difference at any step, and over the last hundred."""
    path = os.path.join(folder, f"{name}.rnn")
    with open(path, "w") as file:
        file.write(MODEL.format(name=name.capitalize(), units=UNITS, cell=cell))
    single = rnn.compile_model(path, folder, element_type="f32")
    double = rnn.compile_model(path, folder, element_type="f64")
    rng = numpy.random.default_rng(11)
    params = single.random_params(rng, 0.8 / UNITS**0.5)
    x = rng.uniform(-1, 1, (STEPS, batch, UNITS)).astype(numpy.float32)
    exact = trajectory(double, params, x, "generated")
    assert numpy.abs(exact[-100:]).max() > 0.05, f"{name}: has died away"
    return max(numpy.abs(trajectory(single, params, x, gemm) - exact).max() for gemm in ("auto", "generated"))


def main():
    failed = False
    for name, cell in CELLS.items():
        for batch in (1, 5):
            found = furthest(sys.argv[1], name, cell, batch)
            print(f"{name}, batch {batch}: {found:.3g}")
            failed |= not found <= TOLERANCE
    sys.exit("further apart than 2e-6" if failed else 0)


main()
