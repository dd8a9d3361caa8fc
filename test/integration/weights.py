# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Models with weights of bf16 and int8 against NumPy in f64 with weights that are
rounded alike: rounding is all that separates them from weights of f32.

Embeddings, the columns that a token picks and biases are as they are, and so are
the weights of gradients: these agree bit for bit with those of f32.
"""

import platform
import sys

import numpy

import rnn
from reference import cells, lstm
from reference.evaluate import Evaluation
from reference.topologies import MODELS, deep

BOUND = 1e-5


def bf16(weights):
    """To the upper half of the bits, to nearest, ties to even."""
    bits = weights.view(numpy.uint32)
    rounded = bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000
    return rounded.astype(numpy.uint32).view(numpy.float32).astype(numpy.float64)


def int8(weights):
    """A scale a row; a row of zeros stays so."""
    scale = abs(weights).max(1, keepdims=True) / numpy.float32(127)
    whole = numpy.rint(weights / numpy.where(scale == 0, numpy.float32(1), scale))
    return whole.astype(numpy.float64) * scale.astype(numpy.float64)


ROUNDING = {"bf16": bf16, "int8": int8}


def products(model, name, shape):
    """The ranges of columns of a matrix that are products of their own: what is
    applied to parts of a concatenation. Those that tokens pick are none."""
    units = next(iter(model.states.values())).size
    if name.endswith(".W") and shape[0] == 4 * units:
        tokens = model.name == "Tokens"
        return [slice(0, units)] + ([] if tokens else [slice(units, shape[1])])
    if model.name == "Tokens" and name == "out.W":
        return [slice(0, units), slice(units, shape[1])]
    return [] if name == "Emb" else [slice(0, shape[1])]


def rounded(model, params, kind):
    views = {}
    for name, value in model.views(params).items():
        views[name] = value.astype(numpy.float64)
        for part in products(model, name, value.shape) if value.ndim == 2 else []:
            views[name][:, part] = ROUNDING[kind](numpy.ascontiguousarray(value[:, part]))
    return views


def double(values):
    return {name: value.astype(numpy.float64) if value.dtype.kind == "f" else value for name, value in values.items()}


def same(what, got, expected):
    error = numpy.max(abs(numpy.asarray(got, numpy.float64) - expected))
    scale = max(1, numpy.max(abs(expected)))
    assert error <= BOUND * scale, f"{what} differs by {error}"


def check_stream(where, model, params, start, data, expected):
    stream = rnn.Stream(model, params)
    stream.state[:] = start
    steps = len(next(iter(data.values())))
    for t in range(steps):
        inputs = {n: data[n][t, 0] if tensor.axis >= 0 else data[n][0] for n, tensor in model.inputs.items()}
        for name, got in stream.step(**inputs).items():
            same(f"{where}: {name} of step {t}", got, expected.outputs[name][t, 0])


def check(where, model, plain, reference, kind, rng, steps, batch):
    params, data = model.random_params(rng), model.random_data(rng, steps, batch)
    matrix = next(v for v in model.views(params).values() if v.ndim == 2)
    matrix[0] = 0  # A row of zeros has no scale.
    start = model.random_state(rng, batch)
    begin = {n: v.copy() for n, v in model.state_views(start).items()}
    evaluation = Evaluation(model, reference, [steps], batch, [None])
    expected = evaluation.run(double({**rounded(model, params, kind), **begin, **data}))

    state = model.zero_state(batch)
    state[:] = start
    plan = rnn.Plan(model, steps, batch)
    for name, got in plan.forward(params, data, state).items():
        same(f"{where}: output {name}", got, expected.outputs[name])
    for name, got in model.state_views(state).items():
        same(f"{where}: final state {name}", got, expected.states[name])
    call = rnn.Call(model, data, start.copy())
    plan.run_loss(call)
    same(f"{where}: loss", call.loss, numpy.array([expected.loss]))
    if batch == 1:
        check_stream(where, model, params, start, data, expected)

    _, gradient = plan.gradient(params, data)
    _, of_f32 = rnn.Plan(plain, steps, batch).gradient(params, data)
    for name, got in gradient.items():
        assert numpy.array_equal(got, of_f32[name]), f"{where}: the gradient {name} depends on stored weights"


CASES = [
    ("stack.rnn", "LSTMStack", lstm.lstm),
    ("stack.rnn", "GRUStack", cells.gru),
    ("weights.rnn", "LSTMLayerNormStack", lstm.lstm_layer_norm),
]
SMALL, ODD = {"I": 1, "H": 1, "L": 1, "V": 2}, {"I": 13, "H": 35, "L": 2, "V": 5}
TOKENS = ("tokens.rnn", "Tokens", {}, MODELS["tokens.rnn"]["Tokens"])


def stacks(cases, *sizes):
    return [(source, name, given, deep(cell, given["L"])) for source, name, cell in cases for given in sizes]


def main(folder):
    rng = numpy.random.default_rng(12)
    made = {"native": [*stacks(CASES, SMALL, ODD), TOKENS]}
    if platform.machine() == "x86_64":
        made.update({cpu: [*stacks(CASES[:1], ODD), TOKENS] for cpu in ("haswell", "x86-64")})
    for cpu, models in made.items():
        for source, name, sizes, reference in models:
            options = (f"--cpu={cpu}",)
            plain = rnn.compile_model(rnn.source(source), folder, name, sizes, "f32", options)
            for kind in ROUNDING:
                model = rnn.compile_model(rnn.source(source), folder, name, sizes, "f32",
                                          (*options, f"--weights={kind}"))
                assert model.raw.weight_type == {"bf16": 3, "int8": 4}[kind] and plain.raw.weight_type == 0
                for steps, batch in ((1, 1), (1, 3), (8, 1), (7, 3), (3, 16)):
                    where = f"{name} {sizes} of {kind} for {cpu}, T={steps} B={batch}"
                    check(where, model, plain, reference, kind, rng, steps, batch)


main(sys.argv[1])
