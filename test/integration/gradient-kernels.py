# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""How a plan computes changes results by rounding alone.

oneDNN's GEMM (auto) and the generated one agree in f32 to 1e-5 of the largest;
chunks of time of any length agree in f64 to 1e-12. Rows of 2 KiB, which are kept
apart by a line, give what those of half as many bytes do.
"""

import sys

import numpy

import rnn


def largest(results):
    return max(abs(value).max() for value in results.values())


def results(plan, params, data, state):
    """Loss, gradients, outputs and final states, by name."""
    working = state.copy()
    loss, found = plan.gradient(params, data, state.copy())
    outputs = plan.forward(params, data, working)
    found.update({f"output {n}": v for n, v in outputs.items()})
    found.update({f"final {n}": v for n, v in plan.model.state_views(working).items()})
    found["loss"] = numpy.array(loss)
    return found


def compare(first, second, bound, where):
    scale = largest(first)
    for name, value in first.items():
        error = abs(value - second[name]).max()
        assert error <= bound * scale, f"{where}: {name} differs by {error}, the largest is {scale}"


def check_gemm(model, rng):
    for steps, batch in ((1, 1), (9, 1), (5, 3), (1, 4), (7, 4), (6, 8), (17, 33)):
        params, data = model.random_params(rng, 0.3), model.random_data(rng, steps, batch)
        state = model.random_state(rng, batch)
        auto, generated = [results(rnn.Plan(model, steps, batch, gemm), params, data, state)
                           for gemm in ("auto", "generated")]
        compare(auto, generated, 1e-5, f"{model.name} T={steps} B={batch}")


def check_chunks(model, rng):
    for steps, batch in ((1, 1), (9, 2), (17, 3)):
        params, data = model.random_params(rng, 0.4), model.random_data(rng, steps, batch)
        state = model.random_state(rng, batch)
        whole = results(rnn.Plan(model, steps, batch), params, data, state)
        for chunk in (1, 3, 7, steps, steps + 4):
            got = results(rnn.Plan(model, steps, batch, chunk=chunk), params, data, state)
            compare(whole, got, 1e-12, f"{model.name} T={steps} B={batch} chunk={chunk}")


def check_rows(cell, folder, rng):
    """64 units: gates have rows of 2 KiB in f64 and of 1 KiB in f32."""
    single, double = [rnn.compile_model(rnn.source("stack.rnn"), folder, cell, {"I": 64, "H": 64, "L": 2}, element)
                      for element in ("f32", "f64")]
    for steps, batch in ((1, 1), (9, 2), (17, 3), (40, 16)):
        params, data = single.random_params(rng, 0.2), single.random_data(rng, steps, batch)
        state = single.random_state(rng, batch)
        wide = {name: value.astype(double.dtype) if value.dtype == single.dtype else value
                for name, value in data.items()}
        got = results(rnn.Plan(double, steps, batch), params.astype(double.dtype), wide, state.astype(double.dtype))
        expected = results(rnn.Plan(single, steps, batch), params, data, state)
        compare(got, expected, 2e-5, f"{cell} T={steps} B={batch}")


def main(folder):
    rng = numpy.random.default_rng(3)
    for cell in ("VanillaStack", "LSTMStack", "GRUStack"):
        check_rows(cell, folder, rng)
    for cell in ("Vanilla", "LSTM", "GRU"):
        for sizes in ({"I": 5, "H": 7, "L": 1}, {"I": 19, "H": 65, "L": 2, "V": 33}):
            check_gemm(rnn.compile_model(rnn.source("stack.rnn"), folder, f"{cell}Stack", sizes, "f32"), rng)
        check_chunks(rnn.compile_model(rnn.source("stack.rnn"), folder, f"{cell}Stack", {"L": 2}), rng)
        check_chunks(rnn.compile_model(rnn.source("learned.rnn"), folder, f"{cell}2"), rng)
    for model, sizes in (("Hidden", {"V": 33, "N": 19}), ("Masks", {"I": 19, "H": 65})):
        check_gemm(rnn.compile_model(rnn.source("matrices.rnn"), folder, model, sizes, "f32"), rng)
        check_chunks(rnn.compile_model(rnn.source("matrices.rnn"), folder, model), rng)


main(sys.argv[1])
