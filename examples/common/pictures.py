"""Small pictures of one or two coloured shapes, and what is on them.

A picture has 12 x 12 pixels of red, green and blue; its feature vector is the
432 numbers. Places, brightness and noise differ from picture to picture.
"""

import numpy

SIDE, FEATURES = 12, 12 * 12 * 3
COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (1, 1, 0)}
SHAPES = {
    "square": "11111 10001 10001 10001 11111",
    "disc": "01110 11111 11111 11111 01110",
    "cross": "10001 01010 00100 01010 10001",
    "triangle": "00100 00100 01110 01110 11111",
}
MASKS = {name: numpy.array([[int(c) for c in row] for row in rows.split()]) for name, rows in SHAPES.items()}
# The second object is to the first ...: the reverse of each is beside it.
RELATIONS = {"left of": "right of", "above": "below"}


class Picture:
    """`objects` are (colour, shape); the first is `relation` the second."""

    def __init__(self, rng, count=None):
        colours = rng.permutation(list(COLOURS))
        shapes = rng.permutation(list(SHAPES))
        count = count or rng.integers(1, 3)
        self.objects = list(zip(colours, shapes))[:count]
        self.relation = str(rng.choice(list(RELATIONS))) if count == 2 else None
        self.pixels = rng.normal(0, 0.1, (SIDE, SIDE, 3))
        for (colour, shape), (row, column) in zip(self.objects, self.places(rng)):
            part = self.pixels[row : row + 5, column : column + 5]
            part += rng.uniform(0.7, 1) * MASKS[shape][:, :, None] * numpy.array(COLOURS[colour])

    def places(self, rng):
        """Rows and columns: one object near the middle, two side by side."""
        jitter = rng.integers(-1, 2, (len(self.objects), 2))
        if self.relation is None:
            return [4, 4] + jitter
        beside = [[4, 1], [4, 7]] if self.relation == "left of" else [[1, 4], [7, 4]]
        return beside + jitter.clip(-1, 0)

    @property
    def features(self):
        return self.pixels.astype(numpy.float32).ravel()
