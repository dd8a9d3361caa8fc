#!/usr/bin/env python3
"""Runs the benchmarks: prints a table, and writes CSV and a picture.

Each case is measured against its peers in turns, after their results have been
compared: on one thread, and where a suite has them on several. Peers that are
not installed are left out.
"""

import argparse
import glob
import importlib
import os
import shutil
import subprocess
import sys
import tempfile

import picture
import report
from limits import Disagreement
from measure import COLUMNS, ROOT, Bench

# Suites by name: module, function, and whether it works in Python with NumPy.
SUITES = {
    "limits": ("native", "limits", False),
    "forward": ("native", "forward", False),
    "forward-bf16": ("native", "forward_bf16", False),
    "forward-int8": ("native", "forward_int8", False),
    "gradient": ("native", "gradient", False),
    "stream": ("native", "stream", False),
    "sample": ("native", "sample", False),
    "lengths": ("native", "lengths", False),
    "stack": ("stack", "stack", True),
    "cells": ("torch_layers", "cells", True),
    "pytorch": ("torch_layers", "modules", True),
    "cells-pytorch": ("torch_layers", "loops", True),
    "min-char-rnn": ("language_models", "min_char_rnn", True),
    "characters": ("language_models", "characters", True),
    "choices": ("choices", "choices", True),
    "tiles": ("tiles", "tiles", True),
    "vocabulary": ("vocabulary", "vocabulary", True),
    "compile": ("compiler", "compile_time", False),
    "growth-compile": ("compiler", "compile_growth", False),
    "growth": ("growth", "growth", True),
    "accuracy": ("precision", "accuracy", True),
}

NOTES = """\
Times are microseconds, medians: of processor time on one thread, of wall time on several; spread: how far the middle
half of our turns lies apart. ratio: the peer's time over ours; where the peer is fma-peak, the share of the cores' peak
that the products alone make use of. limit: the least time that the cores allow, over ours; most: the ratio of code that
takes just as long as that. In suites named -bytes both columns are bytes, in those named -ppb differences in 10^-9.
"""

TARGETS_NOTE = "the worst case of each and below it those that miss it; most: what a case would reach at\n" \
               "its limit, of which it has reached so much"


def find_onnxruntime(build):
    """Where npm puts the library: in the build folder, here, or for everybody."""
    roots = [os.path.join(build, "node_modules"), os.path.join(ROOT, "node_modules")]
    if shutil.which("npm"):
        roots.append(subprocess.run(["npm", "root", "-g"], capture_output=True, text=True).stdout.strip())
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, "")
    for root in roots:
        for path in glob.glob(f"{root}/onnxruntime-node/bin/*/linux/{machine}/libonnxruntime.so.1"):
            return path
    return None


class Output:
    """Prints rows as they come, and writes them to a file."""

    def __init__(self, path):
        self.rows, self.suite = [], None
        self.file = open(path, "w") if path else None
        self.write(",".join(COLUMNS))

    def write(self, text):
        if self.file:
            print(text, file=self.file, flush=True)

    def emit(self, row):
        if row.suite != self.suite:
            print(f"\n{row.suite}\n{report.HEADER}")
        self.suite = row.suite
        self.rows.append(row)
        print(report.line(row), flush=True)
        self.write(row.csv())


def parse(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="the build folder")
    parser.add_argument("--quick", action="store_true", help="at most 5 rounds, each of a millisecond or one call, and fewer cases")
    parser.add_argument("--tiny", action="store_true", help="2 rounds of tiny sizes, which only show that all works")
    parser.add_argument("--csv", metavar="FILE", help="write the rows to FILE")
    parser.add_argument("--svg", metavar="FILE", help="draw the ratios in FILE")
    parser.add_argument("--threads", metavar="LIST", default="1,2",
                        help="numbers of threads of the suites forward, gradient and pytorch (1,2)")
    parser.add_argument("--suites", metavar="LIST", help="of " + ",".join(SUITES))
    given = parser.parse_args(words)
    given.suites = given.suites.split(",") if given.suites else list(SUITES)
    given.threads = tuple(int(count) for count in given.threads.split(","))
    for name in given.suites:
        if name not in SUITES:
            parser.error(f"--suites: expected any of {', '.join(SUITES)}, got '{name}'")
    return given


def run(given, folder):
    output = Output(given.csv)
    bench = Bench(given.build, folder, given.quick, given.tiny, find_onnxruntime(given.build), output.emit,
                  given.threads)
    print(NOTES, end="")
    for name in given.suites:
        module, function, with_numpy = SUITES[name]
        if not with_numpy or bench.has("numpy"):
            getattr(importlib.import_module(module), function)(bench)
    if table := report.targets_table(output.rows):
        print(f"\ntargets: {TARGETS_NOTE}\n{table}")
    if given.svg:
        with open(given.svg, "w") as file:
            file.write(picture.svg(output.rows))


def main():
    given = parse(sys.argv[1:])
    # The C ABI in Python is there for the tests.
    sys.path.insert(0, os.path.join(ROOT, "test", "integration"))
    os.environ["RNN_TEST_LIBRARY"] = os.path.join(given.build, "lib", "librnn_test.so")
    os.environ["PATH"] = os.path.join(given.build, "bin") + os.pathsep + os.environ["PATH"]
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(given, folder)
        except Disagreement as failure:
            sys.exit(f"bench.py: {failure}")


if __name__ == "__main__":
    main()
