# eval and grad against NumPy, with every kind of tensor; then what they refuse.
# REQUIRES: numpy
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s rnn-run %S/Inputs/net.rnn %t

import subprocess
import sys

import numpy
import tensors

TOOL, MODEL, FOLDER = sys.argv[1:]
T, B, V, H = 5, 3, 4, 6
FLAGS = ["--element-type=f64"]


def run(command, given, *flags):
    """Runs a command on tensors; gives its tensors or its error's text."""
    tensors.write(FOLDER + "/in", given)
    line = [TOOL, command, MODEL, FOLDER + "/in", "-o", FOLDER + "/out", *FLAGS, *flags]
    done = subprocess.run(line, capture_output=True, text=True)
    return tensors.read(FOLDER + "/out") if done.returncode == 0 else done.stderr


def forward(p, x, u, y, h):
    """The model of net.rnn: probabilities, loss, accuracy and final state."""
    embedded = p["embed.W"].T[x] + p["embed.b"]
    probabilities = numpy.empty((T, B, V))
    for t in range(T):
        h = numpy.tanh(numpy.concatenate([embedded[t], h], 1) @ p["rnn.W"].T)
        logits = numpy.concatenate([h, u], 1) @ p["out.W"].T + p["out.b"]
        e = numpy.exp(logits)
        probabilities[t] = e / e.sum(1, keepdims=True)
    picked = numpy.take_along_axis(probabilities, y[:, :, None], 2)
    return probabilities, -numpy.log(picked).mean(), (probabilities.argmax(2) == y).mean(), h


random = numpy.random.default_rng(1)
subprocess.run([TOOL, "init", MODEL, "-o", FOLDER + "/p", *FLAGS], check=True)
params = tensors.read(FOLDER + "/p")
x = random.integers(0, V, (T, B))
y = random.integers(0, V, (T, B)).astype(numpy.int32)
u = random.normal(size=(B, 2))
h = random.normal(size=(B, H))
initial = numpy.tile(params["rnn.h0"], (B, 1))

for state, given in ((initial, {}), (h, {"rnn.h": h})):
    out = run("eval", {**params, "x": x, "u": u, "y": y, **given})
    p, loss, accuracy, final = forward(params, x, u, y, state)
    assert numpy.allclose(out["p"], p, atol=1e-12)
    assert numpy.allclose(out["final.rnn.h"], final, atol=1e-12)
    assert abs(out["loss"] - loss) < 1e-12
    assert out["metric.accuracy"] == accuracy

    grad = run("grad", {**params, "x": x, "u": u, "y": y, **given})
    assert abs(grad["loss"] - loss) < 1e-12
    names = ["grad." + name for name in [*params, "u", "rnn.h"]]
    assert sorted(grad) == sorted([*names, "loss", "metric.accuracy"]), sorted(grad)

    def difference(name, index):
        """The central difference of the loss."""
        losses = []
        for step in (1e-5, -1e-5):
            values = {**params, "u": u, "rnn.h": state}
            values[name] = values[name].copy()
            values[name][index] += step
            start = values["rnn.h"]
            if name == "rnn.h0" and not given:
                start = numpy.tile(values["rnn.h0"], (B, 1))
            losses.append(forward(values, x, values["u"], y, start)[1])
        return (losses[0] - losses[1]) / 2e-5

    for name in [*params, "u", "rnn.h"]:
        got = grad["grad." + name]
        for index in numpy.ndindex(got.shape):
            assert abs(got[index] - difference(name, index)) < 1e-8, (name, index)

# Parameters from a file of their own; without targets no loss; with chunks of
# time the same.
out = run("eval", {"x": x, "u": u}, "--params", FOLDER + "/p", "--chunk=2")
assert sorted(out) == ["final.rnn.h", "p"]
assert numpy.allclose(out["p"], forward(params, x, u, y, initial)[0], atol=1e-12)

# Lengths: what is behind them is neither read nor written.
lengths = numpy.array([5, 2, 0], numpy.int32)
valid = numpy.arange(T)[:, None] < lengths
out = run("eval", {**params, "x": numpy.where(valid, x, 99), "u": u, "y": y, "rnn.h": h, "T.lengths": lengths})
whole = forward(params, x, u, y, h)[0] * valid[:, :, None]
assert numpy.allclose(out["p"], whole, atol=1e-12)
picked = numpy.take_along_axis(whole, y[:, :, None], 2)[valid]
assert abs(out["loss"] + numpy.log(picked).mean()) < 1e-12
assert (out["final.rnn.h"][2] == h[2]).all()
grad = run("grad", {**params, "x": x, "u": u, "y": y, "T.lengths": lengths.astype(numpy.int64)})
assert (grad["grad.u"][2] == 0).all() and (grad["grad.u"][:2] != 0).all()


def refuses(part, command, given, *flags):
    text = run(command, given, *flags)
    assert isinstance(text, str) and part in text, (part, text)


whole = {**params, "x": x, "u": u, "y": y}
missing = {name: value for name, value in whole.items() if name != "x"}
refuses("expected input 'x', got no such tensor", "eval", missing)
refuses("expected parameter 'embed.W', got no such tensor", "eval", {"x": x, "u": u})
refuses("expected target 'y', got no such tensor", "grad", {**params, "x": x, "u": u})
refuses("'y': expected 5 steps, as in 'x', got 4", "eval", {**whole, "y": y[:4]})
refuses("'u': expected 3 sequences, as in 'x', got 2", "eval", {**whole, "u": u[:2]})
refuses("'u': expected [B, 2], got [3, 3]", "eval", {**whole, "u": h[:, :3]})
refuses("'T.lengths': expected [3], got [2]", "eval", {**whole, "T.lengths": lengths[:2]})
refuses("axis 'T': expected lengths of 0 to 5, got 7", "eval", {**whole, "T.lengths": lengths + 2})
refuses("'x': expected [T, B], got [3]", "eval", {**whole, "x": x[0]})
refuses("'x': expected tokens of type I32 or I64, got F64", "eval", {**whole, "x": x + 0.5})
refuses("'u': expected type F64, got F32", "eval", {**whole, "u": u.astype(numpy.float32)})
refuses("'x': expected a token of 0 to 3, got 4294967296", "eval", {**whole, "x": x + 2**32 - x})
refuses("input 'x': expected a token of 0 to 3, got 4 at step 0", "eval", {**whole, "x": x - x + 4})
refuses("got 'rnnn.h'; did you mean 'rnn.h'?", "eval", {**whole, "rnnn.h": h})
refuses("parameter 'rnn.W': expected [6, 9], got [9, 6]", "eval", {**whole, "rnn.W": params["rnn.W"].T})
refuses("parameter 'rnn.W': expected type F64, got F32", "eval",
        {**whole, "rnn.W": params["rnn.W"].astype(numpy.float32)})
