# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Lengths in f32, where the library's products run, and from call to call.

Outputs, losses, final states and gradients of a batch wide enough for the
library, as drawn and sorted, against those of f64 (which topologies.py compares
with NumPy). One plan serves calls with other lengths, with none and with fewer
sequences, and nothing is left of the call before; lengths that are all of T
are the same as none; a sequence of length 0 keeps its state to the bit.
"""

import sys

import numpy

import rnn
from reference.check import draw_lengths

STEPS, BATCH = 20, 33
BOUNDS = {"outputs": 1e-5, "gradients": 1e-4}


def same(where, got, expected, bound):
    assert sorted(got) == sorted(expected), where
    scale = max(abs(value).max() for value in expected.values())
    for name, value in expected.items():
        error = abs(got[name] - value).max()
        assert error <= bound * scale, f"{where}: {name} differs by {error}, the largest is {scale}"


def records(model, batch, states):
    state = model.zero_state(batch)
    for name, view in model.state_views(state).items():
        view[:] = states[name]
    return state


def results(plan, params, data, start, lengths):
    """Outputs, final states and loss; gradients."""
    model = plan.model
    batch = len(next(iter(start.values())))
    state = records(model, batch, start)
    outputs = plan.forward(params, data, state, lengths=lengths)
    final = {n: v.copy() for n, v in model.state_views(state).items()}
    state = records(model, batch, start)
    loss, gradients = plan.gradient(params, data, state, lengths=lengths)
    return {**outputs, **{"final " + n: v for n, v in final.items()}, "loss": numpy.array(loss)}, gradients


def in_type(kind, values):
    return {n: v.astype(kind) if v.dtype.kind == "f" else v for n, v in values.items()}


def of_sequences(model, values, which):
    """The data of some sequences, in that order."""
    tensors = {**model.inputs, **model.targets}
    return {n: numpy.ascontiguousarray(v[:, which] if tensors[n].axis >= 0 else v[which]) for n, v in values.items()}


def check_types(exact, single, rng):
    """f32 with both kinds of products, against f64."""
    params = exact.random_params(rng, 0.2)
    data = exact.random_data(rng, STEPS, BATCH)
    start = exact.state_views(exact.random_state(rng, BATCH))
    lengths = draw_lengths(rng, STEPS, BATCH)
    for order in (numpy.arange(BATCH), numpy.argsort(-lengths, kind="stable")):
        drawn, ends = of_sequences(exact, data, order), lengths[order]
        begun = {n: v[order] for n, v in start.items()}
        expected = results(rnn.Plan(exact, STEPS, BATCH), params, drawn, begun, ends)
        for gemm in ("auto", "generated"):
            plan = rnn.Plan(single, STEPS, BATCH, gemm, chunk=int(rng.integers(1, STEPS + 1)))
            got = results(plan, params.astype("f"), in_type("f", drawn), begun, ends)
            same(f"{single.name} {gemm}", got[0], expected[0], BOUNDS["outputs"])
            same(f"{single.name} {gemm}", got[1], expected[1], BOUNDS["gradients"])


def equal(where, got, expected):
    for group, wanted in zip(got, expected):
        for name, value in wanted.items():
            assert numpy.array_equal(group[name], value), f"{where}: {name} is {group[name]}, not {value}"


def check_calls(model, rng):
    """One plan, many calls."""
    params = model.random_params(rng, 0.2)
    data, start = model.random_data(rng, STEPS, BATCH), model.state_views(model.random_state(rng, BATCH))
    few = rng.permutation(BATCH)[: BATCH // 2]
    calls = [(data, start, draw_lengths(rng, STEPS, BATCH)), (data, start, None),
             (of_sequences(model, data, few), {n: v[few] for n, v in start.items()}, draw_lengths(rng, STEPS, len(few))),
             (data, start, draw_lengths(rng, STEPS, BATCH)), (data, start, numpy.zeros(BATCH, numpy.int32))]
    plan = rnn.Plan(model, STEPS, BATCH, chunk=7)
    for number in (0, 1, 2, 3, 4, 0, 2, 1, 3):
        fresh = results(rnn.Plan(model, STEPS, BATCH, chunk=7), params, *calls[number])
        equal(f"{model.name}, call {number}", results(plan, params, *calls[number]), fresh)
    whole = results(plan, params, data, start, numpy.full(BATCH, STEPS, numpy.int32))
    equal(f"{model.name}, whole sequences", whole, results(plan, params, data, start, None))
    # In one chunk products without lengths pack their own weights.
    single = rnn.Plan(model, STEPS, BATCH, chunk=STEPS)
    for lengths in (None, draw_lengths(rng, STEPS, BATCH), None):
        results(single, params, data, start, lengths)
        wanted = results(single, params, data, start, numpy.full(BATCH, STEPS, numpy.int32))
        equal(f"{model.name}, one chunk", results(single, params, data, start, None), wanted)
    nothing = results(plan, params, *calls[4])[0]
    for name, value in start.items():
        assert numpy.array_equal(nothing["final " + name], value), f"{model.name}: a sequence of length 0 moved {name}"
    assert nothing["loss"] == 0, f"{model.name}: the loss of nothing is {nothing['loss']}"


def main(folder):
    rng = numpy.random.default_rng(13)
    for file, name, sizes in (("stack.rnn", "LSTMStack", {"L": 2, "I": 20, "H": 48, "V": 9}),
                              ("sequences.rnn", "Bidirectional", {"I": 7, "H": 24}),
                              ("tokens.rnn", "Tokens", {"H": 32})):
        exact, single = [rnn.compile_model(rnn.source(file), folder, name, sizes, kind) for kind in ("f64", "f32")]
        check_types(exact, single, rng)
        check_calls(exact, rng)
        print(name)


main(sys.argv[1])
