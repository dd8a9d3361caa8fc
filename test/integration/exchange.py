# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""rnn-run eval and grad, on tensors in files, give what the C ABI gives."""

import os
import subprocess
import sys

import numpy

import rnn
import tensors


def run(command, folder, given, name, sizes, kind):
    source, target = os.path.join(folder, "given"), os.path.join(folder, "found")
    tensors.write(source, given)
    options = [f"--model={name}", f"--element-type={kind}"]
    for size, value in sizes.items():
        options += ["-D", f"{size}={value}"]
    subprocess.run(["rnn-run", command, *options, rnn.source("stack.rnn"), source, "-o", target], check=True)
    return tensors.read(target)


def same(where, got, expected, bound):
    got, expected = numpy.ravel(got), numpy.ravel(expected)
    scale = abs(expected).max()
    assert got.shape == expected.shape, f"{where}: {got.shape}, not {expected.shape}"
    assert abs(got - expected).max() <= bound * scale, f"{where}: differs by {abs(got - expected).max()}"


def check(folder, name, sizes, kind, steps, batch, given_state):
    rng = numpy.random.default_rng(6)
    bound = 1e-12 if kind == "f64" else 1e-5
    model = rnn.compile_model(rnn.source("stack.rnn"), folder, name, sizes, kind)
    params, data = model.random_params(rng), model.random_data(rng, steps, batch)
    state = model.random_state(rng, batch) if given_state else None
    given = {**model.views(params), **data, **(model.state_views(state) if given_state else {})}
    plan = rnn.Plan(model, steps, batch)

    loss, gradients = plan.gradient(params, data, None if state is None else state.copy())
    found = run("grad", folder, given, name, sizes, kind)
    same("loss", found["loss"], loss, bound)
    wanted = {f"grad.{n}": g for n, g in gradients.items()}
    assert sorted(n for n in found if n.startswith("grad.")) == sorted(wanted), sorted(found)
    for tensor, expected in wanted.items():
        same(tensor, found[tensor], expected, bound)

    final = model.reset(params, batch) if state is None else state.copy()
    outputs = plan.forward(params, data, final)
    found = run("eval", folder, given, name, sizes, kind)
    same("loss of eval", found["loss"], loss, bound)
    finals = {f"final.{n}": v for n, v in model.state_views(final).items()}
    for tensor, expected in {**outputs, **finals}.items():
        same(tensor, found[tensor], expected, bound)


def main(folder):
    check(folder, "LSTMStack", {"L": 2}, "f64", 9, 3, True)
    check(folder, "GRUStack", {"I": 3, "H": 19}, "f32", 5, 8, True)
    check(folder, "VanillaStack", {}, "f64", 1, 1, False)


main(sys.argv[1])
