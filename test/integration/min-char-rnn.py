# REQUIRES: numpy
# Python cannot load a library that is built for the sanitizer.
# UNSUPPORTED: asan
# RUN: rm -rf %t && mkdir %t && %python %s %source %t
"""The example min-char-rnn and the runtime's trainer against the NumPy script.

f64, from equal parameters on one text: the first 10 losses agree to 1e-10. At
each of 1,000 iterations the trainer starts from the script's parameters, memory
and state, and loss, gradients, state and updated parameters agree to 1e-10.
Left alone (rounding drives two runs apart) the smoothed losses stay within 1 %.
"""

import os
import sys

import numpy

import rnn
from min_char_rnn import CLIP, HIDDEN, NAMES, RATE, STEPS, MinCharRNN, Smoothed

BOUND = 1e-10
# The model's names for the script's parameters.
MODEL = {"Wxh": "rnn.Wxh", "Whh": "rnn.Whh", "bh": "rnn.bh", "Why": "Why", "by": "by"}


class Pair:
    """The script and the trainer on one text, from equal parameters."""

    def __init__(self, model, text):
        self.model = model
        self.trainer = rnn.Trainer(model, text.encode("latin-1"), "adagrad", RATE, CLIP, 1, STEPS)
        self.params = model.views(self.trainer.params)
        self.memory = model.views(self.trainer.memory)
        start = {n: self.params[MODEL[n]] for n in NAMES}
        self.script = MinCharRNN(text, {n: p.reshape(p.shape[0], -1) for n, p in start.items()})
        self.hidden = model.state_views(self.trainer.state)["rnn.h"]
        self.plan = rnn.Plan(model, STEPS)

    def put(self):
        """The trainer goes where the script is."""
        for name in NAMES:
            self.params[MODEL[name]][...] = self.script.params[name].reshape(self.params[MODEL[name]].shape)
            self.memory[MODEL[name]][...] = self.script.memory[name].reshape(self.memory[MODEL[name]].shape)
        self.hidden[0] = self.script.hprev[:, 0]

    def gradients(self, inputs, targets):
        data = {"x": inputs.reshape(STEPS, 1).copy(), "y": targets.reshape(STEPS, 1).copy()}
        state = self.model.zero_state(1)
        self.model.state_views(state)["rnn.h"][0] = self.script.hprev[:, 0]
        return self.plan.gradient(self.trainer.params.copy(), data, state)

    def step_script(self):
        inputs, targets, _ = self.script.window()
        loss, gradients, last = self.script.loss_and_gradients(inputs, targets)
        self.script.update(gradients, last)
        return loss


def same(what, iteration, got, expected):
    error = numpy.max(abs(numpy.asarray(got) - expected))
    assert error <= BOUND, f"iteration {iteration}: {what} differs by {error}"


def check_first_losses(model, text):
    pair = Pair(model, text)
    for iteration in range(10):
        same("free loss", iteration, pair.trainer.step(), pair.step_script())


def check_iterations(model, text):
    pair = Pair(model, text)
    script, anew_count, clipped_count = pair.script, 0, 0
    for iteration in range(1000):
        pair.put()
        inputs, targets, anew = script.window()
        loss, gradients, last = script.loss_and_gradients(inputs, targets)
        got_loss, got = pair.gradients(inputs, targets)
        same("loss", iteration, got_loss, loss)
        for name in NAMES:
            same(f"gradient of {name}", iteration, got[MODEL[name]].reshape(gradients[name].shape), gradients[name])
        anew_count += anew
        clipped_count += any(abs(g).max() > CLIP for g in gradients.values())
        script.update(gradients, last)
        same("trainer's loss", iteration, pair.trainer.step(), loss)
        same("state", iteration, pair.hidden[0], last[:, 0])
        assert pair.trainer.position == script.p, f"iteration {iteration}: at {pair.trainer.position}, not {script.p}"
        for name in NAMES:
            shape = script.params[name].shape
            same(f"updated {name}", iteration, pair.params[MODEL[name]].reshape(shape), script.params[name])
            same(f"memory of {name}", iteration, pair.memory[MODEL[name]].reshape(shape), script.memory[name])
    assert anew_count > 1 and clipped_count > 1, "the text never ended or no gradient was clipped"
    print(f"began anew {anew_count} times, clipped {clipped_count} times")


def check_free_run(model, text):
    pair = Pair(model, text)
    mine, theirs = Smoothed(pair.script.vocab), Smoothed(pair.script.vocab)
    for iteration in range(2000):
        got, expected = mine.add(pair.trainer.step()), theirs.add(pair.step_script())
        assert abs(got - expected) <= 0.01 * expected, f"iteration {iteration}: smoothed loss {got}, not {expected}"
    assert expected < 0.8 * Smoothed(pair.script.vocab).value, f"it learned nothing: {expected}"
    print(f"smoothed loss {got}, the script's {expected}")


def main(source, folder):
    # Ends a few times in a thousand iterations, by a hair: the last window of 25
    # steps would fit, were it not for the script's "+ 1".
    with open(os.path.join(source, "LICENSE"), encoding="latin-1") as file:
        text = file.read()[:11001]
    example = os.path.join(source, "examples", "min-char-rnn", "min-char-rnn.rnn")
    sizes = {"V": len(set(text)), "H": HIDDEN}
    model = rnn.compile_model(example, folder, "MinCharRNN", sizes)
    check_first_losses(model, text)
    check_iterations(model, text)
    check_free_run(model, text)


main(sys.argv[1], sys.argv[2])
