"""A picture of the rows of a run: bars of how many times faster each case is than
its fastest peer.
"""

import math
from dataclasses import dataclass

from report import fastest_peers

WIDTH, LEFT = 920, 12
AROUND = 68  # what a panel has above and below its bars
STYLE = """<style>
text { font: 10px sans-serif; fill: #222 } .title { font-weight: bold; font-size: 12px }
.value { font-size: 8px } .one { fill: #3b7dd8 } .two { fill: #86b3ea } .slow { fill: #d8743b }
.even, .part { stroke: #888; stroke-width: 1 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
</style>"""


@dataclass
class Panel:
    """A suite's place: what it is called, how rows are grouped, how a case is
    labelled, its share of the picture's width, and the height of its bars."""

    suite: str
    title: str
    group: object
    label: object
    share: float = 1.0
    height: int = 84


def of_layer(row):
    return f"{row.cell}, B {row.B}"


def of_cell(row):
    return row.cell


def in_proportion(row):
    return "1: in proportion"


def no_growth(row):
    return "1: does not grow"


def in_lines(row):
    return row.cell.replace(" ", "\n", 1)


def units(row):
    return f"H {row.H}"


def batch_and_units(row):
    return f"B {row.B}\nH {row.H}"


PANELS = (
    Panel("forward", "Forward, against the faster of oneDNN and ONNX Runtime", of_layer, units),
    Panel("forward-bf16", "Forward with weights of bf16, against theirs of f32", of_layer, units),
    Panel("forward-int8", "Forward with weights of int8, against theirs of f32", of_layer, units),
    Panel("gradient", "Forward + backward, against oneDNN", of_layer, units),
    Panel("pytorch", "Forward + backward, against PyTorch", of_layer, units),
    Panel("cells-pytorch", "Forward + backward of other cells, against PyTorch's scripted loop", of_cell,
          batch_and_units),
    Panel("stream", "One step 1 → H → 1, against Eigen", of_cell, units, 0.38),
    Panel("stack", "4 layers: 2 threads to 1", of_layer, units, 0.37),
    Panel("training", "Training", lambda row: "NumPy, PyTorch", in_lines, 0.13),
    Panel("vocabulary", "50,000 words", lambda row: "PyTorch", units, 0.12),
    Panel("growth-T", "Time against T", in_proportion, lambda row: f"{row.T}", 0.25, 30),
    Panel("growth-B", "Time against B", in_proportion, lambda row: f"{row.B}", 0.25, 30),
    Panel("growth-memory-bytes", "Memory of inference against T", no_growth, lambda row: f"{row.T}", 0.25, 30),
    Panel("growth-compile", "rnnc's time against H", no_growth, lambda row: f"{row.H}", 0.25, 30),
)


def cases(panel, rows):
    """Of each group each case's rows, those of one thread and of more."""
    groups = {}
    for row in rows:
        case = (row.cell, row.T, row.B, row.H)
        groups.setdefault(panel.group(row), {}).setdefault(case, []).append(row)
    return groups


def text(x, y, words, style="", anchor="middle"):
    kind = f' class="{style}"' if style else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def bar(row, x, width, base, scale):
    """From the line of equal times up to how many doublings we are faster, or
    down; the ratio stands at its end."""
    length = abs(math.log2(row.ratio)) * scale
    kind = "slow" if row.ratio < 1 else "two" if row.threads > 1 else "one"
    top = base - length if row.ratio >= 1 else base
    value = f"{row.ratio:.2f}" if row.ratio < 9.995 else f"{row.ratio:.1f}"
    return [f'<rect class="{kind}" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{length:.1f}"/>',
            text(x + width / 2, base - (length if row.ratio >= 1 else 0) - 2, value, "value")]


def draw(panel, rows, left, top):
    """A title, bars, the label of each case and below it that of its group."""
    rows = fastest_peers(rows)
    groups = cases(panel, rows)
    count = sum(len(found) for found in groups.values())
    slot = min((panel.share * WIDTH - 2 * LEFT) / count, 52)
    doublings = [math.log2(row.ratio) for row in rows]
    scale = panel.height / (max(*doublings, 1.0) - min(*doublings, 0.0))
    base = top + 26 + max(*doublings, 1.0) * scale
    made, x = [text(left + LEFT, top + 12, panel.title, "title", "start")], left + LEFT
    labels = top + panel.height + 36
    for name, group in groups.items():
        start = x
        for found in group.values():
            width = (slot - 4) / len(found)
            for place, row in enumerate(found):
                made += bar(row, x + 2 + place * width, width - 1, base, scale)
            for place, line in enumerate(panel.label(found[0]).split("\n")):
                made.append(text(x + slot / 2, labels + 9 * place, line, "value"))
            x += slot
        made.append(f'<line class="even" x1="{start + 2:.1f}" x2="{x - 2:.1f}" y1="{base:.1f}" y2="{base:.1f}"/>')
        made.append(text((start + x) / 2, labels + 20, name))
    return made


def legend():
    made, x = [], LEFT
    for kind, words in (("one", "one thread"), ("two", "two threads, ours and the peer's"), ("slow", "slower")):
        made.append(f'<rect class="{kind}" x="{x}" y="8" width="10" height="10"/>')
        made.append(text(x + 14, 17, words, anchor="start"))
        x += 40 + 6 * len(words)
    made.append(text(x, 17, "peer's time over ours; bars by doublings, from 1", anchor="start"))
    return made


def svg(rows):
    """Panels from left to right and from the top, as they find room."""
    parts, left, top, height = legend(), 0.0, 26, 0
    for panel in PANELS:
        found = [row for row in rows if row.suite == panel.suite]
        if not found:
            continue
        if left + panel.share * WIDTH > WIDTH + 1:
            left, top = 0.0, top + height
        parts += draw(panel, found, left, top)
        left, height = left + panel.share * WIDTH, panel.height + AROUND
    total = top + height
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" width="{WIDTH}">',
                      STYLE, *parts, "</svg>", ""])
