# Data sets: init, eval, ridge and train against NumPy, on sequences of different
# lengths whose padding is not a number; then what they refuse.
# REQUIRES: numpy
# RUN: rm -rf %t && mkdir %t
# RUN: rnnc %S/Inputs/echo.rnn --element-type=f64 --emit=so -o %t/echo.so
# RUN: %python %s rnn-run %S/Inputs/echo.rnn %t

import json
import subprocess
import sys

import numpy
import tensors

TOOL, TEXT, FOLDER = sys.argv[1:]
N, T, H = 23, 17, 30
WASHOUT, LAMBDA = 3, 1e-3


def path(name):
    return FOLDER + "/" + name


def run(command, *options, fails=False, model=path("echo.so")):
    done = subprocess.run([TOOL, command, model, *options], capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done.stderr + done.stdout
    return done.stderr if fails else done.stdout


def numbers(text):
    return {line.split()[0]: float(line.split()[1]) for line in text.splitlines()}


random = numpy.random.default_rng(3)
lengths = random.integers(1, T + 1, N).astype(numpy.int32)
lengths[5] = 0
valid = numpy.arange(T) < lengths[:, None]
u = numpy.where(valid[:, :, None], random.normal(size=(N, T, 2)), numpy.nan)
y = numpy.where(valid[:, :, None], numpy.cumsum(numpy.nan_to_num(u), 1)[:, :, :1], numpy.nan)
data = {"u": u, "y": y, "T.lengths": lengths}
tensors.write(path("data"), data)

# Initialisers.
run("init", "-o", path("p"))
p = tensors.read(path("p"))
W = p["echoes.W"]
assert numpy.count_nonzero(W) == round(0.2 * H * H)
assert abs(abs(numpy.linalg.eigvals(W)).max() - 0.9) < 1e-9
assert abs(numpy.std(W[W != 0]) / numpy.std(W) - (1 / 0.2) ** 0.5) < 0.1


def states():
    h = numpy.zeros((N, H))
    rows = numpy.zeros((N, T, H))
    for t in range(T):
        h = numpy.tanh(h @ W.T + numpy.nan_to_num(u[:, t]) @ p["echoes.Win"].T)
        rows[:, t] = h
    return rows * valid[:, :, None]


# eval, in batches of several sizes.
h = states()
out = (h @ p["Wout"].T + p["b"]) * valid[:, :, None]
errors = (out - numpy.nan_to_num(y))[valid]
for batch in ("1", "4", "100"):
    got = numbers(run("eval", "--params", path("p"), "--data", path("data"), "-o", path("out"), "--batch", batch))
    assert abs(got["loss"] - numpy.mean(errors**2)) < 1e-6, got
    assert abs(got["error"] - numpy.mean(abs(errors))) < 1e-6, got
    made = tensors.read(path("out"))
    assert numpy.allclose(made["h"], h, atol=1e-12) and numpy.allclose(made["p"], out, atol=1e-12)

# ridge.
fitted = valid & (numpy.arange(T) >= WASHOUT)
X = numpy.concatenate([h[fitted], numpy.ones((fitted.sum(), 1))], 1)
penalty = LAMBDA * numpy.diag([1.0] * H + [0.0])
best = numpy.linalg.solve(X.T @ X + penalty, X.T @ y[fitted])[:, 0]
ridge = ["--data", path("data"), "--features", "h", "--target", "y", "--readout", "Wout", "-o", path("fitted")]
said = run("ridge", *ridge, "--bias", "b", "--lambda", str(LAMBDA), "--washout", str(WASHOUT), "--params", path("p"))
assert f"fitted Wout of 30 features to {fitted.sum()} rows of y: root mean square error" in said, said
error = numpy.sqrt(numpy.mean((X @ best - y[fitted][:, 0]) ** 2))
assert abs(float(said.split()[-1]) - error) < 1e-5 * error, (said, error)
made = tensors.read(path("fitted"))
assert numpy.allclose(made["Wout"][0], best[:-1], rtol=1e-6, atol=1e-8)
assert numpy.allclose(made["b"], best[-1], rtol=1e-6, atol=1e-8)
assert (made["echoes.W"] == W).all()

# Without --params the model's own initialisers, by the seed.
run("ridge", *ridge, "--seed", "42")
assert (tensors.read(path("fitted"))["echoes.W"] == W).all()

# train, whole and in windows: learns, keeps frozen parameters, resumes to the bit.
for window in ("0", "5"):
    options = ["--data", path("data"), "--batch", "4", "--optimizer", "nesterov", "--lr", "0.01", "--window", window]
    run("train", *options, "--weight-decay", "0.001", "--steps", "90", "--checkpoint", path("whole"), "--log", path("log"))
    run("train", *options, "--weight-decay", "0.001", "--steps", "37", "--checkpoint", path("half"))
    run("train", "--data", path("data"), "--resume", path("half"), "--steps", "90")
    with open(path("whole"), "rb") as one, open(path("half"), "rb") as other:
        assert one.read() == other.read()
    made = tensors.read(path("whole"))
    assert (made["echoes.W"] == W).all() and (made["Wout"] != p["Wout"]).all()
    learned = numbers(run("eval", "--params", path("whole"), "--data", path("data")))["loss"]
    assert learned < 0.7 * numpy.mean(errors**2), learned

# Hessian-free: the same, and a line of the log says what a step cost.
with open(path("log"), "w"):
    pass
tensors.write(path("single"), {"u": u.astype(numpy.float32), "y": y.astype(numpy.float32), "T.lengths": lengths})
hf = ["--data", path("single"), "--batch", "12", "--optimiser", "hf", "--hf-products", "5", "--hf-structural", "0.1"]
for options in (["--hf-precondition"], ["--window", "6", "--hf-iterations", "20"]):
    log = ["--log", path("log")]
    run("train", *hf, *options, *log, "--steps", "12", "--checkpoint", path("hf"), model=TEXT)
    run("train", *hf, *options, "--steps", "5", "--checkpoint", path("hf-half"), model=TEXT)
    run("train", "--data", path("single"), "--resume", path("hf-half"), "--steps", "12", model=TEXT)
    with open(path("hf"), "rb") as one, open(path("hf-half"), "rb") as other:
        assert one.read() == other.read()
    assert (tensors.read(path("hf"))["echoes.W"] == W.astype(numpy.float32)).all()
    with open(path("log")) as file:
        steps = [line for line in map(json.loads, file) if "loss" in line]
    assert all(line["iterations"] < line["products"] and line["losses"] > 0 for line in steps)
    assert all(line["after"] <= line["loss"] for line in steps), steps
    # A window of five sequences is too little data to learn from, but whole ones do.
    learned = numpy.mean([line["after"] for line in steps[-3:]]) / steps[0]["loss"]
    assert "--window" in options or learned < 0.3, steps

# Early stopping, held-out examples, tensors of other types.
exact = {"u": u.astype(numpy.float32).astype(numpy.float64), "y": numpy.nan_to_num(y).astype(numpy.int64)}
tensors.write(path("other"), {**exact, "T.lengths": lengths.astype(numpy.int64), "note": lengths})
run("train", "--data", path("data"), "--valid", path("other"), "--epochs", "50", "--until", "error<2.5")
run("train", "--data", path("data"), "--valid-fraction", "0.3", "--epochs", "500", "--until", "loss=4")


def refuses(part, command, *options, **model):
    text = run(command, *options, fails=True, **model)
    assert part in text, (part, text)


train = ("train", "--data", path("data"), "--steps", "1")
refuses("expected --valid or --valid-fraction, got both", *train, "--valid", path("other"), "--valid-fraction", "0.1")
refuses("training ended before it reached error<0.001", *train, "--until", "error<0.001")
refuses("expected a batch of 1 or more", *train, "--batch", "0")
refuses("with another data set or validation split", *train[:2], path("other"), "--resume", path("whole"), "--steps", "99")
refuses("with another seed", *train[:3], "--resume", path("whole"), "--steps", "99", "--seed", "1")
refuses("with another window", *train[:3], "--resume", path("whole"), "--steps", "99", "--window", "6")
tensors.write(path("bad"), {**data, "y": y + 0.1})
refuses("expected values that F32 has exactly", *train[:2], path("bad"), "--steps", "1", model=TEXT)
refuses("eval --data: expected --params", "eval", "--data", path("data"))
refuses("one of p, h; got 'g'", "ridge", *ridge[:3], "g", *ridge[4:])
refuses("parameter 'b': expected [1, 30] for the features 'h'", "ridge", *ridge[:7], "b", *ridge[8:])
refuses("a lambda and a washout of 0 or more", "ridge", *ridge, "--washout", "-1")
refuses("ridge: expected --data with a data set and -o, got no -o", "ridge", *ridge[:-2])
