"""Tables and bars of the rows of a run."""

import itertools

HEADER = f"{'cell':<17}{'T':>5}{'B':>5}{'H':>6}{'on':>3}{'ours':>13}  {'peer':<18}{'time':>13}{'ratio':>8}{'':8}" \
         f"{'most':>7}{'GFLOP/s':>9}{'limit':>7}"


def goal(value, target, form):
    """What was wanted, marked where it was missed."""
    return "" if target is None else f" {'<' if value < target else '>='} {target:{form}}"


def size(value):
    return "" if value is None else value


def line(row):
    """One row of the table."""
    rate = "" if row.gflops is None else f"{row.gflops:.1f}"
    most = "" if row.most is None else f"{row.most:.1f}"
    share = "" if row.share_of_limit is None else f"{row.share_of_limit:.0%}"
    return f"{row.cell:<17}{size(row.T):>5}{size(row.B):>5}{size(row.H):>6}{row.threads:>3}{row.ours_us:>13.2f}  " \
           f"{row.peer:<18}{row.peer_us:>13.2f}{row.ratio:>8.2f}{goal(row.ratio, row.target, 'g'):<8}{most:>7}" \
           f"{rate:>9}{share:>7}{goal(row.share_of_limit, row.share_target, '.0%')}"


def best_peers(rows):
    """Of the rows of each case the one with the fastest peer."""
    key = lambda row: (row.suite, row.cell, row.T, row.B, row.H, row.threads)
    return [min(group, key=lambda row: row.peer_us) for _, group in itertools.groupby(rows, key)]


#===------------------------------------------------------------------------===#
# Bars
#===------------------------------------------------------------------------===#

PANELS = {  # suites that show how much faster, and what they are called
    "forward": "forward, against the best of oneDNN and ONNX Runtime",
    "forward-bf16": "forward with weights of bf16, against theirs of f32",
    "forward-int8": "forward with weights of int8, against theirs of f32",
    "gradient": "forward + backward, against oneDNN",
    "pytorch": "forward + backward, against PyTorch",
    "cells-pytorch": "other cells, forward + backward, against PyTorch's scripted loop",
    "stream": "one step 1 → H → 1, against Eigen",
    "training": "training, an iteration, against NumPy and PyTorch",
    "vocabulary": "50,000 words, forward + backward, against PyTorch",
    "growth-T": "time against T: 1 where it grows in proportion",
    "growth-B": "time against B: 1 where it grows in proportion",
    "growth-memory-bytes": "memory of inference against T: 1 where it does not grow",
    "growth-compile": "the compiler's time against H: 1 where it does not grow",
}
LEFT, BAR, LINE, WIDTH = 230, 380, 15, 700
STYLE = """<style>
text { font: 11px sans-serif; fill: #222 } .title { font-weight: bold; font-size: 12px }
.bar { fill: #3b7dd8 } .slow { fill: #d8743b } .even { stroke: #222; stroke-dasharray: 3 2 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .even { stroke: #ddd } }
</style>"""


def label(row):
    sizes = {"T": row.T if row.suite.startswith("growth") else None, "B": row.B, "H": row.H}
    known = [row.cell, *(f"{name} {value}" for name, value in sizes.items() if value is not None)]
    return ", ".join(known + ([f"{row.threads} threads"] if row.threads > 1 else []))


def panel(title, rows, top):
    """Bars of one suite, from zero to the largest ratio; a line where both are
    equally fast."""
    scale = BAR / max(*(row.ratio for row in rows), 1.0)
    made = [f'<text class="title" x="8" y="{top + 12}">{title}</text>']
    bottom = top + 18 + LINE * len(rows)
    for index, row in enumerate(rows):
        y = top + 18 + LINE * index
        kind = "bar" if row.ratio >= 1 else "slow"
        length = row.ratio * scale
        made.append(f'<text x="{LEFT - 8}" y="{y + 11}" text-anchor="end">{label(row)}</text>')
        made.append(f'<rect class="{kind}" x="{LEFT}" y="{y + 2}" width="{length:.1f}" height="{LINE - 4}"/>')
        made.append(f'<text x="{LEFT + length + 4:.1f}" y="{y + 11}">{row.ratio:.2f}</text>')
    x = LEFT + scale
    made.append(f'<line class="even" x1="{x:.1f}" x2="{x:.1f}" y1="{top + 16}" y2="{bottom}"/>')
    return made, bottom + 12


def svg(rows):
    """A picture of how many times faster than its fastest peer each case is."""
    parts, top = [], 8
    for suite, title in PANELS.items():
        found = best_peers([row for row in rows if row.suite == suite])
        if found:
            made, top = panel(title, found, top)
            parts += made
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}">',
                      STYLE, *parts, "</svg>", ""])
