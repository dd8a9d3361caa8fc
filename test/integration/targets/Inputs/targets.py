"""Models compiled for other processors than this machine's compute the same.

    targets.py FOLDER RUNNER COMPILER... -- OPTIONS [-- OPTIONS]...

Each group of options makes objects of a processor; run.c is compiled for it by
COMPILER and run by RUNNER, if that is not empty. What it prints is compared with
what the same program prints whose models were compiled for this machine, by cc.
"""
import math
import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", "..", ".."))
SIZES = (("7", "3"), ("1", "1"), ("5", "1"))

# File, model, sizes, kinds: all cells of the prelude, embeddings and softmax with
# their gradients, and a stack with its.
F32 = ((), 2e-5)
F64 = (("--element-type=f64",), 1e-12)
BF16 = (("--weights=bf16", "--functions=forward,step"), 2e-5)
# A weight may be rounded to the one beside it.
INT8 = (("--weights=int8", "--functions=forward,step"), 1e-2)
CASES = (
    ("small-steps.rnn", "SmallSteps", {"H": 19}, (F32,)),
    ("tokens.rnn", "Tokens", {"H": 33, "V": 37}, (F64, F32, BF16, INT8)),
    ("stack.rnn", "LSTMStack", {"H": 40, "L": 2}, (F32,)),
)


def made(folder, compiler, case, kind, options):
    """A program of a model for one processor."""
    file, model, sizes, _ = case
    made_object, program = os.path.join(folder, "net.o"), os.path.join(folder, "program")
    words = ["rnnc", os.path.join(ROOT, "test", "integration", "models", file), f"--model={model}", "--gemm=generated",
             *kind, *options, "-o", made_object]
    for name, value in sizes.items():
        words += ["-D", f"{name}={value}"]
    subprocess.run(words, check=True)
    subprocess.run([*compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", f"-DMODEL={model.lower()}",
                    "-I" + os.path.join(ROOT, "runtime", "include"), os.path.join(HERE, "run.c"), made_object, "-lm",
                    "-o", program], check=True)
    return program


def results(folder, compiler, runner, case, kind, options):
    """Names and numbers, for each number of steps and sequences."""
    program = made(folder, compiler, case, kind, options)
    runs = [subprocess.run([*runner, program, *sizes], check=True, capture_output=True, text=True) for sizes in SIZES]
    return [[(name, float(value)) for name, value in map(str.split, run.stdout.splitlines())] for run in runs]


def compare(where, expected, got, tolerance):
    assert expected and [name for name, _ in expected] == [name for name, _ in got], (where, len(expected), len(got))
    for (name, left), (_, right) in zip(expected, got):
        near = math.isfinite(right) and abs(right - left) <= tolerance * (1 + abs(left))
        assert near, f"{where}, {name}: expected {left}, got {right}"


def main():
    folder, runner, *rest = sys.argv[1:]
    words = " ".join(rest).split(" -- ")
    here, compiler, *targets = map(shlex.split, words)
    for case in CASES:
        for kind, tolerance in case[3]:
            expected = results(folder, here, [], case, kind, ["--cpu=native"])
            for options in targets:
                got = results(folder, compiler, shlex.split(runner), case, kind, options)
                for sizes, left, right in zip(SIZES, expected, got):
                    compare((case[1], kind, options, sizes), left, right, tolerance)
        print(case[1], "agrees")


main()
