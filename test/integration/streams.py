# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""A stream's steps give what @forward gives, wherever its record comes from."""
import os
import sys

import numpy

import rnn

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "models", "streams.rnn")


def follow(model, params, record, sequences):
    """All steps of one sequence of the batch; the outputs stacked over time."""
    stream = rnn.Stream(model, params, record)
    steps = [stream.step(**{n: s[t] for n, s in sequences.items()}) for t in range(len(next(iter(sequences.values()))))]
    return {name: numpy.stack([s[name] for s in steps]) for name in steps[0]}


def compare(model, params, data, fed, steps, batch):
    """`fed`: what each step is given, as sequences [T, B, ...]."""
    expected = rnn.Plan(model, steps, batch).forward(params, data)
    needs_encoder = not model.stream.reset and model.stream.state_bytes
    records = rnn.Plan(model, steps, batch).encode(params, data) if needs_encoder else [None] * batch
    for b in range(batch):
        got = follow(model, params, records[b], {n: s[:, b] for n, s in fed.items()})
        for name, values in got.items():
            error = numpy.abs(values - expected[name][:, b]).max()
            assert error < 1e-12, (model.name, name, b, error)
    return needs_encoder


def main():
    rng = numpy.random.default_rng(3)
    folder = sys.argv[1]
    for steps, batch in [(1, 1), (6, 3)]:
        model = rnn.compile_model(SOURCE, folder, "Translate")
        params = model.init(1)
        src = rng.integers(0, 7, (4, batch)).astype(numpy.int32)
        y = rng.integers(0, 5, (steps, batch)).astype(numpy.int32)
        prev = numpy.concatenate([numpy.full((1, batch), 2, numpy.int32), y[:-1]])
        assert model.stream.starts[0] == 2
        assert compare(model, params, {"src": src, "y": y}, {"y": prev}, [4, steps], batch)

        model = rnn.compile_model(SOURCE, folder, "Caption")
        params = model.init(2)
        data = {"v": rng.normal(size=(batch, 3)), "x": rng.integers(0, 6, (steps, batch)).astype(numpy.int32)}
        assert compare(model, params, data, {"x": data["x"]}, steps, batch)

        model = rnn.compile_model(SOURCE, folder, "Named")
        params = model.init(3)
        data = {"x": rng.normal(size=(steps, batch, 3))}
        assert not compare(model, params, data, data, steps, batch)


main()
