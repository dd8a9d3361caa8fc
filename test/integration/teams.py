# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""Threads that share every step give bit for bit what one gives: all functions of
models of many forms, with units enough to be divided, with lengths and without.

Compiled functions whose threads are late at every barrier are tested in C++
(abi/TeamTest.cpp), for fewer models.
"""

import sys

import numpy

import rnn
from reference.check import draw_lengths

TANGENT = "--functions=forward,loss,gradient,tangent"
DERIVATIVES = TANGENT + ",gauss-newton"

# File, model, sizes, what else it is compiled with.
CASES = (
    ("dropout.rnn", "Dropped", {"H": 33}, ()),
    ("functions.rnn", "Matrices", {"H": 21}, (DERIVATIVES,)),
    ("functions.rnn", "Masks", {"H": 21}, ()),
    ("functions.rnn", "Carried", {"H": 21}, (TANGENT,)),
    ("gauss-newton.rnn", "Symbol", {"H": 37, "V": 50}, (DERIVATIVES,)),
    ("learned.rnn", "LSTM2", {"H": 40}, ()),
    ("letters.rnn", "Letters", {}, ("--checkpoint=every:2",)),
    ("matrices.rnn", "Hidden", {"N": 21}, ()),
    ("sequences.rnn", "Positions", {"H": 35}, ()),
    ("shared.rnn", "TiedEverywhere", {"V": 50, "H": 33}, ()),
    ("starts.rnn", "LearnedStart", {"H": 33}, ()),
    ("targets.rnn", "Losses", {"N": 21, "V": 50}, ()),
    ("topologies.rnn", "EncoderDecoder", {"H": 35}, ()),
    ("topologies.rnn", "Multiplicative", {"H": 40}, ()),
    ("weights.rnn", "LSTMLayerNormStack", {"H": 33}, ()),
)


def results(model, params, direction, data, steps, state, threads, **options):
    """What all functions give, one after the other."""
    plan = rnn.Plan(model, [steps] * len(model.axes), len(state), chunk=2, threads=threads, slices=1)
    given = []
    for function in ("gradient", "tangent", "gauss_newton", "forward"):
        if function not in model.functions:
            continue
        call = rnn.Call(model, data, state.copy(), gradients=True, direction=direction, seed=5, damping=0.1, **options)
        if function == "forward":
            plan.pack(params)
            plan.run_forward(call)
        else:
            getattr(plan, "run_" + function)(params, call)
        given += [function, *call.results(), call.state]
    return given


def main(folder):
    rng = numpy.random.default_rng(8)
    for file, name, sizes, options in CASES:
        model = rnn.compile_model(rnn.source(file), folder, name, sizes=sizes, options=options)
        params, direction = model.random_params(rng), model.random_params(rng)
        for steps, batch in ((6, 1), (5, 3)):
            data, state = model.random_data(rng, steps, batch), model.random_state(rng, batch)
            for lengths in (None, draw_lengths(rng, steps, batch)):
                def run(threads):
                    return results(model, params, direction, data, steps, state, threads, lengths=lengths)

                alone = run(1)
                for threads in (2, 3, 5):
                    for one, shared in zip(alone, run(threads), strict=True):
                        assert numpy.array_equal(one, shared), (name, steps, batch, lengths, threads)
        print(name)


main(sys.argv[1])
