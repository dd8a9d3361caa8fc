# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Which functions may be cut into slices of the batch, and that it makes no
difference where dropout, lengths and several time axes meet.

That slices give what the references say is tested wherever these are: plans
there have random numbers of threads and slices.
"""

import sys

import numpy

import rnn
from reference.check import draw_lengths

# Of a file's model, whether the losses that it has are sums over the batch.
EXPECTED = {
    ("dropout.rnn", "Dropped"): True,
    ("tokens.rnn", None): True,
    ("topologies.rnn", "EncoderDecoder"): True,
    ("targets.rnn", "LastStep"): True,
    ("targets.rnn", "LastSteps"): False,  # mean(e, w)
    ("functions.rnn", "Matrices"): False,  # a penalty on parameters
}


def results(model, params, data, steps, state, threads, slices, **options):
    batch = len(state)
    call = rnn.Call(model, data, state.copy(), gradients=True, **options)
    plan = rnn.Plan(model, [steps] * len(model.axes), batch, threads=threads, slices=slices)
    plan.run_gradient(params, call)
    plan.pack(params)
    plan.run_forward(call)
    return [*call.results(), call.state]


def main(folder):
    rng = numpy.random.default_rng(3)
    for (file, name), expected in EXPECTED.items():
        model = rnn.compile_model(rnn.source(file), folder, name)
        assert "forward" in model.sliced, file
        for function in ("loss", "gradient"):
            assert (function in model.sliced) == expected, (file, name, function, model.sliced)
        params, batch, steps = model.random_params(rng), 7, 9
        data = model.random_data(rng, steps, batch)
        state = model.random_state(rng, batch)
        for lengths in (None, draw_lengths(rng, steps, batch)):
            options = {"lengths": lengths, "seed": 5}
            whole = results(model, params, data, steps, state, 1, 1, **options)
            for slices in (2, 3, 7, 9):
                one, three = (results(model, params, data, steps, state, n, slices, **options) for n in (1, 3))
                for a, b, c in zip(whole, one, three):
                    assert numpy.array_equal(b, c), f"{name}: {slices} slices on 1 and on 3 threads"
                    scale = max(1, abs(a).max(initial=0))
                    assert abs(a - b).max(initial=0) <= 1e-12 * scale, f"{name}: {slices} slices, {lengths}"
        print(name)


main(sys.argv[1])
