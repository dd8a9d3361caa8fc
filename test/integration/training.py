# REQUIRES: numpy
# RUN: rm -rf %t && mkdir %t && %python %s %source/LICENSE %t
"""Training with rnn-run: the loss falls, and a run that was interrupted, by a
budget or by a signal, and resumed is bit for bit the one that was not.
"""

import json
import os
import signal
import subprocess
import sys
import time

import tensors

STEPS = 600
MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models", "letters.rnn")


class Training:
    def __init__(self, text, folder):
        self.text, self.folder = text, folder
        self.model = self.path("model.so")
        sizes = ["-D", f"V={len(set(open(text, 'rb').read()))}"]
        subprocess.run(["rnnc", MODEL, "--emit=so", "-o", self.model, *sizes], check=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def command(self, name, steps, resume):
        start = ["--resume", self.path(name)] if resume else ["--checkpoint", self.path(name)]
        options = [] if resume else ["--batch", "6", "--window", "20", "--lr", "0.01", "--lr-decay", "0.9"]
        return ["rnn-run", "train", self.model, "--data", self.text, "--steps", str(steps),
                "--log", self.path(name + ".log"), *start, *options]

    def run(self, name, steps, resume=False):
        subprocess.run(self.command(name, steps, resume), check=True)

    def lines(self, name):
        if not os.path.exists(self.path(name + ".log")):
            return []
        with open(self.path(name + ".log")) as file:
            return [json.loads(line) for line in file.read().splitlines(keepends=True) if line.endswith("\n")]

    def steps(self, name):
        return [line for line in self.lines(name) if "loss" in line]

    def interrupt(self, name, resume):
        """Starts a run without end and stops it by SIGINT some steps on."""
        before = len(self.steps(name))
        process = subprocess.Popen(self.command(name, 10**9, resume), stderr=subprocess.PIPE, text=True)
        try:
            deadline = time.monotonic() + 60
            while len(self.steps(name)) < before + 20 and process.poll() is None:
                assert time.monotonic() < deadline, "training does not get on"
                time.sleep(0.005)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 130, f"an interrupted run gives status {process.returncode}:\n{said}"

    def same(self, first, second):
        """Every tensor of two checkpoints is the same to the bit."""
        a, b = tensors.read(self.path(first)), tensors.read(self.path(second))
        assert sorted(a) == sorted(b), f"{sorted(a)}, not {sorted(b)}"
        for name, value in a.items():
            assert value.tobytes() == b[name].tobytes(), f"{second}: {name} is another than in {first}"
        return a


def main(text, folder):
    training = Training(text, folder)
    training.run("whole", STEPS)
    losses = [line["loss"] for line in training.steps("whole")]
    assert len(losses) == STEPS, len(losses)
    early, late = sum(losses[:20]) / 20, sum(losses[-20:]) / 20
    assert early > 3 and late < 2.2, f"the loss went from {early} to {late}"

    for steps in (1, 250, 251, STEPS):
        training.run("parts", steps, resume=steps > 1)
    found = training.same("whole", "parts")
    assert any(name.startswith("@") for name in found), "the checkpoint has no moments"
    assert training.steps("whole") == training.steps("parts"), "the losses on the way differ"

    for round in range(3):
        training.interrupt("stopped", resume=round > 0)
    stopped = len(training.steps("stopped"))
    # The machine decides where it stopped; the other run goes as far.
    final = max(STEPS, stopped + 50)
    training.run("stopped", final, resume=True)
    training.run("whole", final, resume=True) if final > STEPS else None
    training.same("whole", "stopped")
    assert training.steps("whole") == training.steps("stopped"), "the losses on the way differ"
    print(f"stopped at {stopped} of {final} steps; loss {early} to {late}")


main(sys.argv[1], sys.argv[2])
