"""Sentences of a small English grammar, in which verbs agree with nouns far away.

The grammar gives each sentence one derivation, so that its probability, and with it
the least loss that any model can have on these sentences, is known.
"""

import math
import sys

import numpy

import tensors

NOUNS = "dog cat bird child farmer teacher neighbour horse".split()
ADJECTIVES = "old young quiet hungry clever red".split()
PLACES = "near behind beside".split()
# Singular and plural.
ALONE = [("sleeps", "sleep"), ("sings", "sing"), ("laughs", "laugh"), ("waits", "wait")]
WITH_OBJECT = [("sees", "see"), ("likes", "like"), ("follows", "follow"), ("hears", "hear")]
WITH_SENTENCE = [("says", "say"), ("thinks", "think"), ("knows", "know")]
WORDS = ["START", "END", "that", "the", "every", "some", *ADJECTIVES, *PLACES,
         *(noun + ending for noun in NOUNS for ending in ("", "s") if noun != "child"), "child", "children",
         *(verb for verbs in (ALONE, WITH_OBJECT, WITH_SENTENCE) for pair in verbs for verb in pair)]


class Writer:
    """Words with the sum of -log of the probabilities of all choices."""

    def __init__(self, rng):
        self.rng, self.words, self.nats = rng, [], 0.0

    def choose(self, options, odds=None):
        odds = odds or [1 / len(options)] * len(options)
        index = self.rng.choice(len(options), p=odds)
        self.nats -= math.log(odds[index])
        return options[index]

    def say(self, word):
        self.words.append(word)

    def noun(self, depth):
        """A noun with what belongs to it; returns 0 for one, 1 for several."""
        number = self.choose([0, 1])
        self.say(self.choose([["the", "every"], ["the", "some"]][number]))
        if self.choose([True, False], [0.3, 0.7]):
            self.say(self.choose(ADJECTIVES))
        noun = self.choose(NOUNS)
        self.say(noun if number == 0 else "children" if noun == "child" else noun + "s")
        # Deeper ones get fewer clauses, and sentences an end.
        more = 0.4 if depth == 0 else 0.15
        kind = self.choose(["", "place", "subject", "object"], [1 - more, more / 3, more / 3, more / 3])
        if kind == "place":
            self.say(self.choose(PLACES))
            self.noun(depth + 1)
        elif kind:
            self.say("that")
            if kind == "subject":
                self.say(self.choose(WITH_OBJECT)[number])
                self.noun(depth + 1)
            else:
                other = self.noun(depth + 1)
                self.say(self.choose(WITH_OBJECT)[other])
        return number

    def sentence(self, depth=0):
        number = self.noun(depth)
        said = 0.2 if depth == 0 else 0.05
        verbs = self.choose([ALONE, WITH_OBJECT, WITH_SENTENCE], [0.4, 0.6 - said, said])
        self.say(self.choose(verbs)[number])
        if verbs is WITH_OBJECT:
            self.noun(depth + 1)
        if verbs is WITH_SENTENCE:
            self.say("that")
            self.sentence(depth + 1)
        return self


def write(path, rng, count):
    """Returns the nats a word that the grammar itself needs."""
    written = [Writer(rng).sentence() for _ in range(count)]
    tokens, lengths = tensors.pad([[WORDS.index(word) for word in (*w.words, "END")] for w in written])
    tensors.write(path, {"y": tokens, "T.lengths": lengths}, {"y": WORDS})
    return sum(w.nats for w in written) / lengths.sum()


def main(folder, count):
    rng = numpy.random.default_rng(2)
    write(f"{folder}/train.safetensors", rng, int(count))
    least = write(f"{folder}/held-out.safetensors", rng, 2000)
    with open(f"{folder}/least-loss.txt", "w") as file:
        file.write(f"{least:.4f}\n")


main(*sys.argv[1:])
