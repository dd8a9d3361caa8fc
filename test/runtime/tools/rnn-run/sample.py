# Generation from a context: drawn, most likely and by beam search, against a
# NumPy walk over what eval says of each prefix.
# REQUIRES: numpy
# RUN: rm -rf %t && mkdir %t
# RUN: rnnc %S/Inputs/spell.rnn --element-type=f64 --emit=so -o %t/spell.so
# RUN: %python %s rnn-run %t

import itertools
import subprocess
import sys

import numpy
import tensors

TOOL, FOLDER = sys.argv[1:]
END, V = 10, 12
NAMES = [*"0123456789", "END", "START"]


def path(name):
    return FOLDER + "/" + name


def run(command, *options, fails=False):
    done = subprocess.run([TOOL, command, path("spell.so"), *options], capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done.stderr + done.stdout
    return done.stderr if fails else done.stdout


def write(name, numbers, symbols=None):
    lines = [[*reversed(number), END] for number in numbers]
    digits, lengths = tensors.pad(numbers)
    y, y_lengths = tensors.pad(lines)
    data = {"digits": digits, "S.lengths": lengths, "y": y, "T.lengths": y_lengths}
    tensors.write(path(name), data, symbols)
    return ["".join(map(str, line[:-1])) for line in lines]


random = numpy.random.default_rng(5)
numbers = [list(map(int, random.integers(0, 10, random.integers(1, 4)))) for _ in range(400)]
lines = write("data", numbers, {"y": NAMES})
train = ["--data", path("data"), "--lr", "0.01", "--batch", "16"]
run("train", *train, "--steps", "1500", "--until", "right=0.97", "--checkpoint", path("p"))

sample = ["--params", path("p"), "--data", path("data"), "--end", "END"]
said = run("sample", *sample, "--most-likely").splitlines()
assert len(said) == len(lines)
score = sum(a == b for a, b in zip(said, lines)) / len(lines)
assert score > 0.7, score
assert abs(float(run("sample", *sample, "--most-likely", "--score").split()[1]) - score) < 1e-6
assert run("sample", *sample, "--beam", "1").splitlines() == said

# Draws repeat, and follow the temperature.
once = run("sample", *sample, "--seed", "3")
assert run("sample", *sample, "--seed", "3") == once != run("sample", *sample, "--seed", "4")
assert run("sample", *sample, "--temperature", "0.01").splitlines() == said

# Beams against all sequences of up to three tokens of a model that is unsure.
run("init", "-o", path("raw"))
p = tensors.read(path("raw"))
p["out.W"] = p["out.W"] * 8
tensors.write(path("raw"), p)
few = numbers[:6]
write("few", few)
raw = ["--params", path("raw"), "--data", path("few"), "--end", str(END), "--length", "3"]


def probabilities(number, continuations):
    """The log-probability of each continuation, and of those that it begins with."""
    digits, lengths = tensors.pad([number] * len(continuations))
    y, y_lengths = tensors.pad(continuations)
    tensors.write(path("in"), {"digits": digits, "y": y, "S.lengths": lengths, "T.lengths": y_lengths})
    run("eval", "--params", path("raw"), "--data", path("in"), "-o", path("out"))
    log = numpy.log(tensors.read(path("out"))["p"] + 1e-300)
    picked = numpy.take_along_axis(log, y[:, :, None], 2)[:, :, 0]
    return [row[: len(line)].sum() for row, line in zip(picked, continuations)]


every = [list(s) for n in (1, 2, 3) for s in itertools.product(range(V), repeat=n) if END not in s[:-1]]
ended = [s for s in every if s[-1] == END]
for number, wide in zip(few, run("sample", *raw, "--beam", "2000").splitlines()):
    best = ended[int(numpy.argmax(probabilities(number, ended)))]
    assert wide.split() == [str(token) for token in best[:-1]], (number, wide, best)

for prefix, line in zip(["3", "3"], run("sample", *raw, "--most-likely", "--prefix", "3").splitlines()):
    assert line.split()[0] == prefix


def refuses(part, *options):
    text = run("sample", *options, fails=True)
    assert part in text, (part, text)


refuses("its stream starts from what it reads of other inputs: expected --data", *sample[:2])
refuses("expected --most-likely, --beam or --temperature, got more than one", *sample, "--beam", "2", "--most-likely")
refuses("expected a number or a symbol of the data set, got 'STOP'", *sample[:5], "STOP")
refuses("--score: expected --data", *sample[:2], "--score")
refuses("expected a length of 1 or more, got 0", *sample, "--length", "0")
refuses("expected a beam of 0 to 1000000, got -1", *sample, "--beam", "-1")
