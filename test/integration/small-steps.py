# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Steps of small cells, which are written out, give what batches do: sizes below,
at and beyond a vector, in one block and several."""
import sys

import numpy

import rnn


def check(folder, units, element_type, cpu):
    model = rnn.compile_model(rnn.source("small-steps.rnn"), folder, sizes={"H": units}, element_type=element_type,
                              options=[f"--cpu={cpu}"])
    rng = numpy.random.default_rng(units)
    params = model.random_params(rng, 0.6 / numpy.sqrt(units))
    data = model.random_data(rng, 9, 3)
    expected = rnn.Plan(model, 9, 3, gemm="generated").forward(params, data)
    alone = rnn.Plan(model, 9, 1, gemm="generated").forward(params, {"x": data["x"][:, :1].copy()})
    stream = rnn.Stream(model, params)
    tolerance = 1e-12 if element_type == "f64" else 2e-5
    for t in range(9):
        got = stream.step(x=data["x"][t, 0])
        for name, values in got.items():
            for where, whole in (("batch", expected), ("sequence", alone)):
                error = numpy.abs(values - whole[name][t, 0]).max()
                assert error < tolerance, (units, element_type, cpu, where, name, t, error)


def main():
    folder = sys.argv[1]
    for units in (1, 2, 3, 5, 8, 13, 16, 17, 24, 33, 40):
        check(folder, units, "f64", "native")
        check(folder, units, "f32", "native")
    for units in (3, 8, 17, 40):
        check(folder, units, "f64", "x86-64-v3")
        check(folder, units, "f32", "x86-64-v3")


main()
