"""What we aim at: for each kind of case the least ratio of the peer's time to
ours; of an FMA peak's, the least share of what the cores can do. In the order of the
table that ends a run.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Target:
    """`of` tells which rows of the suites are meant; the worst of them counts."""

    what: str
    suites: tuple
    of: object
    ratio: float

    @property
    def is_share(self):
        """The peer is the peak of the cores."""
        return all(suite.endswith("-peak") for suite in self.suites)

    def matches(self, row):
        return row.suite in self.suites and self.of(row)

    def met(self, row):
        return row.ratio >= self.ratio


TARGETS = (
    Target("forward, B 1, H 64", ("forward",), lambda row: row.threads == 1 and row.B == 1 and row.H == 64, 1.3),
    Target("forward, B 1, H 128 to 1024", ("forward",),
           lambda row: row.threads == 1 and row.B == 1 and row.H >= 128, 1.1),
    Target("forward, B 1, bf16, H 256 to 1024", ("forward-bf16",),
           lambda row: row.threads == 1 and row.B == 1 and row.H >= 256, 1.8),
    Target("forward, B 1, H 128 and 256, 2 threads", ("forward",),
           lambda row: row.threads == 2 and row.B == 1 and row.H in (128, 256), 1.3),
    Target("forward, B 1, H 512 and 1024, 2 threads", ("forward",),
           lambda row: row.threads == 2 and row.B == 1 and row.H in (512, 1024), 1.1),
    Target("forward, B 16, H 256", ("forward",), lambda row: (row.B, row.H) == (16, 256), 0.97),
    Target("forward, other batches", ("forward",),
           lambda row: row.B in (16, 64) and row.H in (256, 512) and (row.B, row.H) != (16, 256), 1.0),
    Target("forward, batches, share of the peak", ("forward-peak",),
           lambda row: row.threads == 1 and row.B in (16, 64) and (row.B, row.H) != (64, 512), 0.87),
    Target("forward, B 64, H 512, share of the peak", ("forward-peak",),
           lambda row: row.threads == 1 and (row.B, row.H) == (64, 512), 0.92),
    Target("gradient, B 1, H 64 and 128", ("gradient",),
           lambda row: row.peer == "onednn" and row.threads == 1 and row.B == 1 and row.H in (64, 128), 1.2),
    Target("gradient, B 1, H 256 to 1024", ("gradient",),
           lambda row: row.peer == "onednn" and row.threads == 1 and row.B == 1 and row.H >= 256, 1.1),
    Target("gradient, batches", ("gradient",),
           lambda row: row.peer == "onednn" and row.threads == 1 and row.B in (16, 64), 1.0),
    Target("gradient against PyTorch, B 1", ("pytorch",), lambda row: row.threads == 1 and row.B == 1, 10),
    Target("gradient against PyTorch, B 16", ("pytorch",), lambda row: row.threads == 1 and row.B == 16, 2.6),
    Target("gradient against PyTorch, B 64", ("pytorch",), lambda row: row.threads == 1 and row.B == 64, 2.1),
    Target("other cells, rate against our LSTM's", ("cells-forward", "cells-gradient"),
           lambda row: row.cell != "LSTM", 0.85),
    Target("other cells, gradient against scripts", ("cells-pytorch",), lambda row: row.B <= 16 and row.H <= 256, 5),
    Target("a streaming step against Eigen", ("stream",), lambda row: True, 1.3),
    Target("4 layers, B 1, H 256: 2 threads against 1", ("stack",),
           lambda row: row.cell.startswith("LSTM") and row.B == 1 and row.H == 256, 1.7),
    Target("min-char-rnn against NumPy", ("training",), lambda row: row.peer == "numpy", 20),
    Target("characters, training against PyTorch", ("training",), lambda row: row.peer == "pytorch", 2.5),
    Target("rnnc within a second", ("compile",), lambda row: True, 1),
    Target("its object within 200 kB", ("object-bytes",), lambda row: True, 1),
    Target("f32 within 2e-6 of f64 over 1,000 steps", ("accuracy-ppb",), lambda row: True, 1),
    Target("time linear in T", ("growth-T",), lambda row: True, 0.9),
    Target("time linear in B", ("growth-B",), lambda row: True, 0.9),
    Target("memory of inference independent of T", ("growth-memory-bytes",), lambda row: True, 1),
    Target("time of rnnc independent of sizes", ("growth-compile",), lambda row: True, 0.9),
    Target("tiles: none beats that chosen by 5 %", ("tiles", "tiles-avx2", "tiles-sse"), lambda row: True, 0.95),
    Target("plans: no choice beats theirs by 5 %", ("choices-forward", "choices-gradient"), lambda row: True, 0.95),
)


def of_row(row):
    """The least ratio wanted of a row, or None."""
    return next((target.ratio for target in TARGETS if target.matches(row)), None)
