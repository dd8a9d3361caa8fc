"""The cells of the prelude, and what a layer of one has to do at least."""

import dataclasses

from limits import Least

# Of a weight, as rnnc --weights stores it.
BYTES = {"f32": 4, "bf16": 2, "int8": 1}

# How many products with weights as they are stored take the time of one
# multiply-add of f32: 64 of int8, as rows of 24 bits meet them in three dot
# products of bytes, take that of 48.
PRODUCTS = {"f32": 1.0, "bf16": 1.0, "int8": 4 / 3}


@dataclasses.dataclass(frozen=True)
class Cell:
    """As layers of the prelude name it; matrices of H x H that it applies to its
    input and to its state, and how many of the latter one after another; for each
    unit and step the functions of gates, the multiplications beside them (or
    multiply-adds; additions find other places in a core), and those of the
    backward pass, which finds the gates' values on the tape and has their
    derivatives from those."""

    layer: str
    ofx: int
    ofh: int
    phases: int
    functions: int
    multiplications: int
    backward: int


CELLS = {
    # c = f c + i g, h = o tanh c. Backward: q = o dh, do = q tanh(c) (1 - o),
    # dc + q (1 - tanh(c)^2), f dc, its product with c (1 - f), p = i dc,
    # di = p g (1 - i), dg = p (1 - g^2).
    "LSTM": Cell("LSTM[H]", 4, 4, 1, 5, 3, 13),
    # r h, h = n + z (h - n). Backward: z dh, its product with (h - n) (1 - z),
    # (dh - z dh) (1 - n^2), and of the reset state r d, its product with h (1 - r).
    "GRU": Cell("GRU[H]", 3, 3, 2, 3, 2, 8),
    # Those of the GRU; MUT1 and MUT3 have tanh x and tanh h as well.
    "MUT1": Cell("MUT1[H]", 2, 2, 2, 4, 2, 10),
    "MUT2": Cell("MUT2[H]", 2, 3, 2, 3, 2, 8),
    "MUT3": Cell("MUT3[H]", 3, 3, 2, 4, 2, 10),
    # Three peepholes, for each of which c, its gradient and the weight's.
    "LSTMPeephole": Cell("LSTMPeephole[H]", 4, 4, 1, 5, 6, 19),
    # (Wx x) (Wh h), and tanh; the two factors' gradients.
    "Multiplicative": Cell("Multiplicative[H, H]", 2, 2, 2, 1, 1, 4),
    # Twice s + g (y - s); backward as in the GRU.
    "RecurrentHighway": Cell("RecurrentHighway[H, 2]", 2, 4, 2, 4, 2, 10),
    # Normalising 4 H sums of h, as many of x and c: the square, the scale and
    # the gain of each; backward the scaled gradient, two sums and two terms.
    "LSTMLayerNorm": Cell("LSTMLayerNorm[H]", 4, 4, 1, 5, 3 + 9 * 3, 13 + 9 * 5),
}


@dataclasses.dataclass
class Layer:
    """One layer's sizes and what it has to do at least."""

    cell: str
    T: int
    B: int
    H: int
    inputs: int = None  # as many as units
    stored: str = "f32"  # what rnnc keeps the weights as

    @property
    def weights(self):
        """Elements of the matrices that the input meets, and the state."""
        cell = CELLS[self.cell]
        return cell.ofx * self.H * (self.inputs or self.H), cell.ofh * self.H**2

    def flops(self, backward=False):
        """Of the products; a backward pass has two for each of the forward pass."""
        return 2.0 * self.T * self.B * sum(self.weights) * (3 if backward else 1)

    @property
    def streamed(self):
        """Bytes that every step of a recurrence reads."""
        return BYTES[self.stored] * self.weights[1]

    def limit(self, limits, backward=False, threads=1):
        """The least time of so many cores, or of one of them."""
        return min((self.limit_together(limits, backward, count) for count in {1, threads}),
                   key=lambda least: least.total)

    def products(self, limits, threads):
        """The least time of the products with the input, and with the state."""
        rate = limits.peak(threads) * PRODUCTS[self.stored]
        return (Least(products=2.0 * self.T * self.B * count / rate * 1e-3) for count in self.weights)

    def gates(self, limits, threads, backward=False):
        """That of all else, which a pass does element by element."""
        cell, elements = CELLS[self.cell], self.T * self.B * self.H
        each = cell.backward if backward else cell.functions * limits.function + cell.multiplications
        return Least(functions=2.0 * elements * each / limits.peak(threads) * 1e-3)

    def recurrence(self, limits, threads, computing):
        """`computing` goes step by step, no faster than the weights stream from the
        caches that hold them, each core its share. For one sequence each core needs
        what all have made before each product; its own part it has at once."""
        streaming = Least(reading=self.T * self.streamed / limits.bandwidth(threads) * 1e-3)
        least = max(computing, streaming, key=lambda each: each.total)
        if threads == 1 or self.B > 1:
            return least
        meeting = self.T * CELLS[self.cell].phases * limits.barrier(threads)
        return least + Least(waiting=max(meeting - least.total / threads, 0.0))

    def limit_together(self, limits, backward, threads):
        """The products with the input, of all steps, and the recurrence. A backward
        pass has the same again with the transposed weights, and the products of x and
        of h for the weights' gradient."""
        ofx, ofh = self.products(limits, threads)
        least = ofx + self.recurrence(limits, threads, ofh + self.gates(limits, threads))
        if not backward:
            return least
        return least + ofx * 2 + ofh + self.recurrence(limits, threads, ofh + self.gates(limits, threads, True))


#===------------------------------------------------------------------------===#
# Language models
#===------------------------------------------------------------------------===#

# One layer of h = tanh of products; backward (1 - h^2) dh.
TANH = Cell("", 1, 1, 1, 1, 0, 2)

# Multiplications of e^x: two for the whole power of two, and a polynomial.
EXPONENTIAL = 7

# Of an optimiser, for each parameter, with a root and a division in one each.
UPDATES = {None: 0, "adagrad": 4, "adam": 8}


@dataclasses.dataclass
class LanguageModel:
    """Layers of some units, each with as many weights that a step multiplies (tokens
    are looked up), and probabilities of a vocabulary; trained on T steps of B
    sequences at a time."""

    T: int
    B: int
    cells: tuple
    units: int
    weights: int
    vocabulary: int
    parameters: int = 0
    optimiser: str = None

    @property
    def flops(self):
        """Of the products of an iteration, forward and backward."""
        return 6.0 * self.T * self.B * (self.weights + self.vocabulary * self.units)

    def limit(self, limits):
        """The least time of an iteration on one core."""
        rows = self.T * self.B
        of_unit = sum(cell.functions * limits.function + cell.multiplications + cell.backward for cell in self.cells)
        operations = rows * self.units * of_unit + rows * self.vocabulary * EXPONENTIAL
        operations += self.parameters * UPDATES[self.optimiser]
        rate = limits.peak() * 1e3
        return Least(products=self.flops / rate, functions=2.0 * operations / rate)
