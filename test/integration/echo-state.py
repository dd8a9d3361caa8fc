# REQUIRES: numpy
# RUN: rm -rf %t && mkdir %t && %python %s %t
"""A network that begins as an echo-state network learns all of its weights by momentum.

It is to say what it heard eight steps ago (Sutskever et al. 2013 begin such
tasks so). The error is that of the training's own validation; guessing the mean
would have 1/3.
"""

import os
import subprocess
import sys

import numpy

import tensors


def write(path, count, steps, delay, rng):
    heard = rng.uniform(-1, 1, (count, steps, 1)).astype(numpy.float32)
    said = numpy.zeros_like(heard)
    said[:, delay:] = heard[:, :-delay]
    tensors.write(path, {"u": heard, "d": said})


def main(folder):
    data = os.path.join(folder, "recall.safetensors")
    write(data, 300, 40, 8, numpy.random.default_rng(1))
    options = ["--batch", "10", "--lr", "0.05", "--momentum", "0.9", "--clip-norm", "1", "--valid-fraction", "0.1",
               "--seed", "1", "--steps", "1000", "--valid-steps", "100", "--until", "loss<0.01"]
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models", "echo-state.rnn")
    subprocess.run(["rnn-run", "train", source, "--optimizer", "momentum", "--data", data, *options,
                    "--checkpoint", os.path.join(folder, "c.safetensors")], check=True)


main(sys.argv[1])
