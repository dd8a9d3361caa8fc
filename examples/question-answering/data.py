"""Pictures, questions about them and answers of one word."""

import sys

import numpy

import pictures
import tensors

# The picture stands in the place of the word PICTURE, at both ends.
WORDS = ["PICTURE", "what", "is", "the", "colour", "of", "shape", "object", "there", "a", "how", "many", "objects",
         "are", "left", "right", "above", "below", *pictures.COLOURS, *pictures.SHAPES]
ANSWERS = ["yes", "no", "one", "two", "nothing", *pictures.COLOURS, *pictures.SHAPES]


def neighbour(picture, shape, relation):
    """The shape that is `relation` the shape, or nothing."""
    if picture.relation is None:
        return "nothing"
    (_, first), (_, second) = picture.objects
    if shape == second and relation == picture.relation:
        return first
    if shape == first and relation == pictures.RELATIONS[picture.relation]:
        return second
    return "nothing"


def ask(picture, rng):
    colour, shape = picture.objects[rng.integers(len(picture.objects))]
    kind = rng.integers(5)
    if kind == 0:
        return f"what colour is the {shape}", colour
    if kind == 1:
        return f"what shape is the {colour} object", shape
    if kind == 2:
        relations = [*pictures.RELATIONS, *pictures.RELATIONS.values()]
        if picture.relation and rng.random() < 0.6:
            relations = [picture.relation, pictures.RELATIONS[picture.relation]]
        relation = str(rng.choice(relations))
        return f"what is {relation} the {shape}", neighbour(picture, shape, relation)
    if kind == 3:
        if rng.random() < 0.5:
            return f"is there a {colour} {shape}", "yes"
        colour, shape = rng.choice(list(pictures.COLOURS)), rng.choice(list(pictures.SHAPES))
        return f"is there a {colour} {shape}", "yes" if (colour, shape) in picture.objects else "no"
    return "how many objects are there", ["one", "two"][len(picture.objects) - 1]


def write(path, rng, count):
    drawn = [pictures.Picture(rng) for _ in range(count)]
    asked = [ask(picture, rng) for picture in drawn]
    words = [[WORDS.index(word) for word in f"PICTURE {question} PICTURE".split()] for question, _ in asked]
    question, lengths = tensors.pad(words)
    tensors.write(path, {
        "picture": numpy.stack([picture.features for picture in drawn]),
        "question": question, "T.lengths": lengths,
        "answer": numpy.array([ANSWERS.index(answer) for _, answer in asked], numpy.int32),
    })


def main(folder, count):
    rng = numpy.random.default_rng(7)
    write(f"{folder}/train.safetensors", rng, int(count))
    write(f"{folder}/held-out.safetensors", rng, 2000)


if __name__ == "__main__":
    main(*sys.argv[1:])
