"""Norms of dLoss/dh[t] for four cells and two gains, and their picture.

  flow.py data FILE                  inputs for `rnn-run grad`
  flow.py draw FOLDER PICTURE.svg    reads FOLDER/<model>-<gain>.safetensors

Drawing checks what the picture is to show, and fails where it does not.
"""

import sys

import numpy

import tensors
from picture import draw

STEPS, BATCH, INPUTS, UNITS = 100, 16, 8, 64
MODELS, GAINS = ["ReLU", "Tanh", "LSTM", "GRU"], [90, 200]


def write_data(path):
    """Random inputs and, for each sequence, a direction of length 1."""
    rng = numpy.random.default_rng(9)
    direction = rng.standard_normal((BATCH, UNITS))
    tensors.write(path, {
        "x": rng.standard_normal((STEPS, BATCH, INPUTS)),
        "e": numpy.zeros((STEPS, BATCH, UNITS)),
        "d": direction / numpy.linalg.norm(direction, axis=1, keepdims=True),
    })


def norms(folder, gain):
    """By model, the norm of dLoss/dh[t] for t = 1 .. T, averaged (as logarithms) over the batch."""
    found = {}
    for model in MODELS:
        gradient = tensors.read(f"{folder}/{model}-{gain}.safetensors")["grad.e"]
        found[model] = numpy.exp(numpy.log(numpy.linalg.norm(gradient, axis=2)).mean(1))
    return found


def check(below, above):
    """Steps 1 to 20 against the last one, whose gradient has norm 1."""
    far = {gain: {m: n[:20] for m, n in found.items()} for gain, found in (("below", below), ("above", above))}
    for model in ("ReLU", "Tanh"):
        assert far["below"][model].max() < 1e-6, f"{model} does not vanish: {far['below'][model].max():g}"
        assert far["above"][model].min() > 1e3, f"{model} does not explode: {far['above'][model].min():g}"
    for gain, found in (("below", below), ("above", above)):
        low, high = found["LSTM"].min(), found["LSTM"].max()
        assert 0.01 < low and high < 100, f"LSTM, gain {gain} 1: {low:g} to {high:g}"


def main(command, *paths):
    if command == "data":
        return write_data(*paths)
    folder, picture = paths
    below, above = (norms(folder, gain) for gain in GAINS)
    for model in MODELS:
        print(f"{model:5} |dLoss/dh[1]|: {below[model][0]:8.1e} with gain {GAINS[0] / 100}, "
              f"{above[model][0]:8.1e} with gain {GAINS[1] / 100}")
    check(below, above)
    panels = [(f"largest singular value {gain / 100:.1f}", found) for gain, found in zip(GAINS, (below, above))]
    with open(picture, "w") as file:
        file.write(draw(panels))
    print(f"vanishing, exploding and held gradients are in {picture}")


main(*sys.argv[1:])
