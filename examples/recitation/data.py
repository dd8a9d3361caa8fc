"""Two recitations, each begun by a cue: the alphabet forwards, and backwards.

  data.py data FILE      cues and letters
  data.py said FILE      prints what a model says, from what `rnn-run eval` wrote
"""

import string
import sys

import numpy

import tensors

FORWARDS, BACKWARDS, SILENCE = range(3)
LETTERS = string.ascii_lowercase + "."


def write(path):
    texts = [string.ascii_lowercase + ".", string.ascii_lowercase[::-1] + "."]
    cue = numpy.full((2, len(LETTERS)), SILENCE, numpy.int32)
    cue[:, 0] = FORWARDS, BACKWARDS
    letter = numpy.array([[LETTERS.index(c) for c in text] for text in texts], numpy.int32)
    tensors.write(path, {"cue": cue, "letter": letter})


def show(path):
    for sequence in tensors.read(path)["p"].argmax(2):
        print("  " + "".join(LETTERS[token] for token in sequence))


def main(command, path):
    {"data": write, "said": show}[command](path)


main(*sys.argv[1:])
