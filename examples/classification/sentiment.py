"""Reviews of films in a few words, and whether they are good.

A clause has a word of praise or blame, which "not" and "never" turn around and
"very" doubles; what follows "but" counts twice. No single word decides.
"""

import sys

import numpy

import tensors

SUBJECTS = ["film", "plot", "acting", "music", "ending", "script"]
GOOD, BAD = ["good", "wonderful", "clever", "moving"], ["bad", "dull", "silly", "awful"]
WORDS = ["the", "was", "is", "and", "but", "not", "never", "very", "quite", "a", "bit", *SUBJECTS, *GOOD, *BAD]


def clause(rng):
    """Words and their weight."""
    kind, turned = rng.integers(2), rng.random() < 0.4
    degree = str(rng.choice(["", "very", "quite", "a bit"]))
    words = ["the", rng.choice(SUBJECTS), rng.choice(["was", "is"])]
    words += [rng.choice(["not", "never"])] if turned else []
    words += degree.split() + [rng.choice([BAD, GOOD][kind])]
    weight = (1 if kind else -1) * (-1 if turned else 1) * {"very": 2}.get(degree, 1)
    return words, weight


def review(rng):
    while True:
        words, weight = clause(rng)
        for _ in range(rng.integers(1, 4)):
            joint = str(rng.choice(["and", "but"]))
            more, further = clause(rng)
            words, weight = [*words, joint, *more], weight + further * (2 if joint == "but" else 1)
        if weight != 0:
            return words, weight > 0


def write(path, reviews):
    tokens, lengths = tensors.pad([[WORDS.index(word) for word in words] for words, _ in reviews])
    good = numpy.array([good for _, good in reviews], numpy.int32)
    tensors.write(path, {"review": tokens, "T.lengths": lengths, "good": good})


def main(folder, count):
    rng = numpy.random.default_rng(4)
    reviews, seen = [], set()
    while len(reviews) < int(count) + 1000:
        words, good = review(rng)
        if tuple(words) not in seen:
            seen.add(tuple(words))
            reviews.append((words, good))
    write(f"{folder}/reviews.safetensors", reviews[:-1000])
    write(f"{folder}/held-out-reviews.safetensors", reviews[-1000:])


main(*sys.argv[1:])
