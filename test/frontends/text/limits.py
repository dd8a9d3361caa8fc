# Files that would exhaust the stack, the memory or the time are refused (R5,
# R11, R15), each with an error at a line.
# RUN: %python %s %t.rnn rnnc
import subprocess
import sys

path, rnnc = sys.argv[1:]
MODEL = "model M[N = 3] {{\n  input x: seq[T] [N]\n  {}\n  output y\n}}\n"


def chain(count, body):
    cells = [f"cell C{i}[N](x: [N]) -> y {{\n  {body.format(i + 1)}\n}}\n"
             for i in range(count)]
    last = f"cell C{count}[N](x: [N]) -> y {{\n  y = x + 1\n}}\n"
    return "".join(cells) + last + MODEL.format("layer a = C0\n  y = a(x)")


CASES = {
    "[R5]": [
        MODEL.format("y = " + "(" * 100000 + "x" + ")" * 100000),
        MODEL.format("y = " + "[" * 100000 + "x" + "]" * 100000),
        MODEL.format("y = " + "-" * 100000 + "x"),
        MODEL.format("y = " + "x + " * 100000 + "x"),
        MODEL.format("y = " + "x @ " * 100000 + "x"),
        MODEL.format("y = x" + "^T" * 100000),
        MODEL.format("y = x" + "[0:3]" * 100000),
        MODEL.format("y = " + "tanh(" * 100000 + "x" + ")" * 100000),
        MODEL.format("for i in 1..2 { " * 1000 + "y = x" + "}" * 1000),
        MODEL.format("for i in 1..4000 { for j in 1..4000 { y = x } }"),
        chain(20000, "layer c = C{0}\n  y = c(x)"),
        chain(45, "layer c = C{0}\n  layer d = C{0}\n  y = c(x) + d(x)"),
    ],
    "[R8]": [
        "model M[A = 1, B = 1] {\n  input x: seq[T] ["
        + "*".join(["(A+B)"] * 100) + "]\n  output y = tanh(x)\n}\n",
    ],
    "[R3]": [MODEL.format("y = x + " + "1" * 1000000)],
    "too many errors": [
        MODEL.format("\n".join(f"y = z{i}" for i in range(100))),
    ],
}

for rule, files in CASES.items():
    for text in files:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        run = subprocess.run([rnnc, "--emit=rnn", path], capture_output=True,
                             text=True, timeout=60)
        shown = text[:60] + "..."
        assert run.returncode == 1, (shown, run.returncode)
        assert rule in run.stderr, (shown, run.stderr[:400])
        assert run.stderr.count("error:") <= 20, shown
