"""Pictures and captions: "a red disc above a blue square"."""

import sys

import numpy

import pictures
import tensors

WORDS = ["START", "END", "a", "left", "of", "above", *pictures.COLOURS, *pictures.SHAPES]


def caption(picture):
    parts = [f"a {colour} {shape}" for colour, shape in picture.objects]
    return f" {picture.relation} ".join(parts) if picture.relation else parts[0]


def write(path, rng, count):
    drawn = [pictures.Picture(rng) for _ in range(count)]
    words = [[WORDS.index(word) for word in (caption(picture) + " END").split()] for picture in drawn]
    y, lengths = tensors.pad(words)
    data = {"picture": numpy.stack([p.features for p in drawn]), "y": y, "T.lengths": lengths}
    tensors.write(path, data, {"y": WORDS})
    return drawn


def main(folder, count):
    rng = numpy.random.default_rng(6)
    write(f"{folder}/train.safetensors", rng, int(count))
    write(f"{folder}/held-out.safetensors", rng, 1000)
    shown = write(f"{folder}/shown.safetensors", rng, 5)
    with open(f"{folder}/shown.txt", "w") as file:
        file.writelines(caption(picture) + "\n" for picture in shown)


if __name__ == "__main__":
    main(*sys.argv[1:])
