"""The data and the page of this example.

  cells.py text FILE                              the text to train on
  cells.py tokens CHECKPOINT TEXT COUNT FILE      the end of the text, for `rnn-run eval`
  cells.py page CHECKPOINT TOKENS RESULT PAGE     the page, from what eval wrote
"""

import base64
import json
import pathlib
import sys

import numpy

import tensors
from features import features

HERE = pathlib.Path(__file__).resolve().parent


def write_text(path):
    """This project's own sources: text with comments, quotes, brackets and indentation."""
    folders = [HERE.parent.parent / name for name in ("compiler", "dialects", "frontends", "runtime")]
    files = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in (".h", ".cpp"))
    text = "".join(file.read_text() for file in files)
    pathlib.Path(path).write_text(text.encode("ascii", "replace").decode())


def letters(checkpoint):
    """The letters of tokens 0, 1, ..., which a checkpoint has in hexadecimal."""
    return bytes.fromhex(tensors.metadata(checkpoint)["rnnc.vocabulary"]).decode("latin-1")


def write_tokens(checkpoint, text, count, path):
    """Whole lines from the end of the text, about `count` letters, as one sequence [1, T]."""
    alphabet = letters(checkpoint)
    lines = pathlib.Path(text).read_text().splitlines(keepends=True)
    chosen = []
    while sum(map(len, chosen)) < int(count):
        chosen.insert(0, lines.pop())
    ids = [alphabet.index(letter) for letter in "".join(chosen)]
    tensors.write(path, {"x": numpy.array(ids, numpy.int32)[None]})


def best_cells(text, memory):
    """For each feature of the text, the cell that follows it most closely."""
    centred = memory - memory.mean(0)
    scale = numpy.sqrt((centred**2).sum(0)) + 1e-9
    found = []
    for name, values in features(text).items():
        values = values - values.mean()
        size = numpy.sqrt((values**2).sum())
        if size == 0:
            continue
        r = values @ centred / scale / size
        cell = int(abs(r).argmax())
        found.append({"cell": cell, "what": name, "r": round(float(r[cell]), 2)})
    return sorted(found, key=lambda entry: -abs(entry["r"]))


def write_page(checkpoint, tokens, result, path):
    alphabet = letters(checkpoint)
    text = "".join(alphabet[i] for i in tensors.read(tokens)["x"][0])
    memory = tensors.read(result)["memory"][0]
    levels = numpy.rint(memory * 127).astype(numpy.int8)
    found = best_cells(text, memory)
    data = {"text": text, "cells": memory.shape[1], "found": found,
            "levels": base64.b64encode(levels.T.tobytes()).decode()}
    # "</" would end the script that holds the data.
    page = (HERE / "page.html").read_text().replace("{{DATA}}", json.dumps(data).replace("</", "<\\/"))
    pathlib.Path(path).write_text(page)
    for entry in found:
        print(f"cell {entry['cell']:3} follows: {entry['what']} (correlation {entry['r']:.2f})")
    assert abs(found[0]["r"]) > 0.35, "no cell follows anything that a reader would see"


def main(command, *arguments):
    {"text": write_text, "tokens": write_tokens, "page": write_page}[command](*arguments)


main(*sys.argv[1:])
