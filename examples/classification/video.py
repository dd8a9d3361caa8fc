"""Films of a spot that moves over 6 x 6 pixels, and which way at each frame."""

import sys

import numpy

import tensors

SIDE, FRAMES = 6, 24
MOVES = numpy.array([[0, 0], [0, 1], [0, -1], [1, 0], [-1, 0]])


def film(rng):
    """Frames [T, 36] and motions [T]: the move that led to a frame. The spot goes round the edges."""
    place, motion = rng.integers(0, SIDE, 2), 0
    frames, motions = [], []
    for _ in range(FRAMES):
        if rng.random() < 0.3:
            motion = rng.integers(len(MOVES))
        if frames:
            place = (place + MOVES[motion]) % SIDE
        frame = rng.normal(0, 0.1, (SIDE, SIDE))
        frame[tuple(place)] += 1
        frames.append(frame.ravel())
        motions.append(motion if len(frames) > 1 else 0)
    return frames, motions


def write(path, rng, count):
    frames, motions = zip(*(film(rng) for _ in range(count)))
    tensors.write(path, {"frame": numpy.array(frames, numpy.float32), "motion": numpy.array(motions, numpy.int32)})


def main(folder, count):
    rng = numpy.random.default_rng(5)
    write(f"{folder}/films.safetensors", rng, int(count))
    write(f"{folder}/held-out-films.safetensors", rng, 300)


main(*sys.argv[1:])
