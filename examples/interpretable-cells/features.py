"""What a reader sees in C++ text, a number for each letter."""

import numpy


def mark(text, inside):
    """1 where inside(line) says so: a list of (begin, end) in each line."""
    marks, start = numpy.zeros(len(text)), 0
    for line in text.splitlines(keepends=True):
        for begin, end in inside(line):
            marks[start + begin : start + end] = 1
        start += len(line)
    return marks


def comment(line):
    at = line.find("//")
    return [(at, len(line))] if at >= 0 else []


def indentation(line):
    return [(0, len(line) - len(line.lstrip(" ")))]


def quotes(line):
    at = [i for i, letter in enumerate(line) if letter == '"']
    return list(zip(at[::2], at[1::2]))


def directive(line):
    return [(0, len(line))] if line.startswith("#") else []


def depth(text, opening, closing):
    change = numpy.array([(c in opening) - (c in closing) for c in text], float)
    return numpy.cumsum(change)


def place_in_line(text):
    places, place = [], 0
    for letter in text:
        places.append(place)
        place = 0 if letter == "\n" else place + 1
    return numpy.array(places, float)


def features(text):
    return {
        "inside a comment": mark(text, comment),
        "the spaces before a line": mark(text, indentation),
        "inside quotes": mark(text, quotes),
        "a line that begins with #": mark(text, directive),
        "inside parentheses": numpy.minimum(depth(text, "(", ")"), 1),
        "how deep in braces": depth(text, "{", "}"),
        "how far into the line": place_in_line(text),
    }
