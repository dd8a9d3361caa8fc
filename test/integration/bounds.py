# RUN: rm -rf %t && mkdir %t && %python %s %source %t
"""Bounds of what compiling makes: the two-layer LSTM with its gradient stays
under 300 kB in every type and kind of GEMM, and neither its size nor its IR
grows with the sizes of the model, for loops stay loops. (T and B are no sizes
of a model: they are first heard of when a plan is made.)
"""

import os
import subprocess
import sys


def compile_to(source, path, *options):
    subprocess.run(["rnnc", source, "-o", path, *options], check=True)
    return os.path.getsize(path)


def lines(source, stage, *options):
    done = subprocess.run(["rnnc", source, f"--emit={stage}", *options], check=True, capture_output=True, text=True)
    return done.stdout.count("\n")


def check(source, name, folder):
    for kind in ("f32", "f64"):
        for gemm in ("auto", "generated"):
            options = [f"--element-type={kind}", f"--gemm={gemm}", *name, "-D", "L=2"]
            size = compile_to(source, os.path.join(folder, "a.o"), *options)
            assert size < 300_000, f"{name} {kind} {gemm}: {size} bytes"
            print(f"{name} {kind} {gemm}: {size} bytes")


def check_widths(source, name, folder):
    """Multiples of the vectors and panels, which take the same code but for sizes."""
    sizes, stages = [], {"rnn": [], "mlir": [], "llvm": []}
    for width in (128, 512, 1024):
        options = [*name, "-D", "L=2", "-D", f"H={width}", "-D", "V=256"]
        sizes.append(compile_to(source, os.path.join(folder, "b.o"), *options))
        for stage, counts in stages.items():
            counts.append(lines(source, stage, *options))
    print(sizes, stages)
    assert max(sizes) <= 1.15 * min(sizes), f"the object grows with H: {sizes}"
    for stage, counts in stages.items():
        assert max(counts) <= 1.15 * min(counts), f"--emit={stage} grows with H: {counts} lines"


def main(source, folder):
    example = os.path.join(source, "examples", "charlm", "charlm.rnn")
    stack = os.path.join(source, "test", "integration", "models", "stack.rnn")
    check(example, [], folder)
    check(stack, ["--model=LSTMStack"], folder)
    check_widths(example, [], folder)


main(sys.argv[1], sys.argv[2])
