# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Functions whose layers threads run one behind another give bit for bit what one
thread gives with chunks of the same length.
"""

import sys

import numpy

import rnn
from reference.check import draw_lengths
from rnn_abi import WAVE_ALWAYS, WAVE_NEVER

# Of each model, the functions that may run so.
ALL = ["forward", "loss", "gradient"]
EXPECTED = {
    "Two": ALL, "Mixed": ALL, "Residual": ALL, "TiedLayers": ALL, "Dropped": ALL, "Around": ALL, "Translator": ALL, "Backwards": ALL, "Delays": ALL,
}


def results(model, params, data, steps, state, options, **plan):
    batch = len(state)
    call = rnn.Call(model, data, state.copy(), gradients=True, **options)
    made = rnn.Plan(model, steps, batch, **plan)
    made.run_gradient(params, call)
    found = [a.copy() for a in call.results()]
    made.pack(params)
    made.run_loss(call)
    made.run_forward(call)
    return found + call.results() + [call.state]


def check(model, params, rng, steps, batch, chunk):
    axes = [steps] * len(model.axes)
    data, state = model.random_data(rng, axes, batch), model.random_state(rng, batch)
    for lengths in (None, draw_lengths(rng, steps, batch)):
        if len(model.axes) > 1 and lengths is not None:
            lengths = [lengths, None]
        options = {"lengths": lengths, "seed": 5}
        alone = results(model, params, data, axes, state, options, chunk=chunk, wave=WAVE_NEVER)
        for threads in (1, 2, 3, 5):
            found = results(model, params, data, axes, state, options, chunk=chunk, threads=threads, wave=WAVE_ALWAYS)
            for a, b in zip(alone, found):
                assert numpy.array_equal(a, b), (
                    f"{model.name}: T = {steps}, B = {batch}, chunks of {chunk}, {threads} threads, {lengths}")


def main(folder):
    rng = numpy.random.default_rng(3)
    for name, expected in EXPECTED.items():
        model = rnn.compile_model(rnn.source("waves.rnn"), folder, name)
        assert model.waving == expected, (name, model.waving)
        params = model.random_params(rng)
        for steps, batch, chunk in ((9, 1, 2), (9, 3, 1), (1, 1, 1), (2, 3, 1), (7, 2, 3), (13, 1, 1), (5, 2, 0)):
            if chunk == 0:
                chunk = steps
            check(model, params, rng, steps, batch, chunk)
        # What the plan chooses by itself does not depend on the number of threads.
        steps, batch = 30, 2
        data, state = model.random_data(rng, steps, batch), model.random_state(rng, batch)
        one, three = (results(model, params, data, steps, state, {"seed": 5}, threads=n, wave=WAVE_ALWAYS) for n in (1, 3))
        assert all(numpy.array_equal(a, b) for a, b in zip(one, three)), name
        print(name)


main(sys.argv[1])
