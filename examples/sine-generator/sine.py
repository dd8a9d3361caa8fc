"""Sines of 0.02 to 0.08 periods a step.

  sine.py data FOLDER         to learn from, and others to be tried on
  sine.py error DATA RESULT   how far the free-running network is from its sine
"""

import sys

import numpy

import tensors

STEPS, FREE = 300, 100


def write(path, rng, count, forced_steps, noise):
    """`frequency` is given as 0 to 1; the teacher is the wave a step earlier, and noise.

    Noise makes the read-out pull the network back from small errors of its own.
    """
    frequency = rng.uniform(0, 1, count)
    wave = numpy.sin(2 * numpy.pi * (0.02 + 0.06 * frequency)[:, None] * numpy.arange(STEPS + 1))
    tensors.write(path, {
        "frequency": numpy.repeat(frequency[:, None], STEPS, 1),
        "teacher": wave[:, :-1] + noise * rng.standard_normal((count, STEPS)),
        "forced": numpy.broadcast_to((numpy.arange(STEPS) < forced_steps).astype(float), (count, STEPS)),
        "wave": wave[:, 1:],
    })


def write_data(folder):
    rng = numpy.random.default_rng(8)
    write(f"{folder}/train.safetensors", rng, 64, STEPS, 3e-4)
    write(f"{folder}/held-out.safetensors", rng, 100, FREE, 0)


def show_error(data, result):
    """The root of the mean squared error over the wave's standard deviation, while free."""
    wave, y = tensors.read(data)["wave"][:, FREE:], tensors.read(result)["y"][:, FREE:, 0]
    error = numpy.sqrt(((y - wave) ** 2).mean(1) / wave.var(1))
    print(f"normalised error over {STEPS - FREE} steps on its own, {len(error)} frequencies")
    print(f"mean {error.mean():.4f}\nworst {error.max():.4f}")


def main(command, *paths):
    {"data": write_data, "error": show_error}[command](*paths)


main(*sys.argv[1:])
