# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t sequences.rnn
# RUN: %python %s %t starts.rnn shared.rnn
# RUN: %python %s %t targets.rnn stack.rnn tokens.rnn
"""Compositions against NumPy: outputs, losses, metrics, states, gradients, tangents.

The models are those of models/, the references those of reference/topologies.py;
with and without lengths, which differ from axis to axis.
"""

import sys

import numpy

import rnn
from reference.check import Check, draw_lengths
from reference.topologies import MODELS

SIZES = {"stack.rnn": {"L": 3}}
# Models with a stream; what its step is not fed, @encode finds.
STREAMS = {"OneToMany": ",step,encode", "Translation": ",step,encode", "ToldUnits": ",step,encode",
           "LastWords": ",step", "Tokens": ",step"}
CALLS = (((1, 1), 1), ((2, 9), 5), ((9, 2), 1), ((9, 4), 5))


def check_model(folder, file, name, reference, rng):
    functions = "forward,loss,gradient,tangent" + STREAMS.get(name, "")
    model = rnn.compile_model(rnn.source(file), folder, name, SIZES.get(file), options=(f"--functions={functions}",))
    axes = len(model.axes)
    for steps, batch in CALLS:
        lengths = [draw_lengths(rng, steps[axis], batch) for axis in range(axes)]
        for some in (None, lengths) if axes else (None,):
            for given in (True, False) if model.states else (False,):
                Check(model, reference, rng, steps[:axes], batch, some, given).all()
    print(name)


def main(folder, files):
    rng = numpy.random.default_rng(6)
    for file in files:
        for name, reference in MODELS[file].items():
            check_model(folder, file, name, reference, rng)


main(sys.argv[1], sys.argv[2:])
