"""Draws curves over time on a logarithmic scale, a panel beside the other, as SVG."""

import math

WIDTH, HEIGHT, GAP = 400, 360, 92
LEFT, TOP, BOTTOM, RIGHT = 78, 74, 62, 66
# Told apart by colour-blind readers (Okabe & Ito 2008), and by their dashes.
STYLES = {"ReLU": ("#d55e00", ""), "Tanh": ("#0072b2", "7 4"), "LSTM": ("#009e73", ""), "GRU": ("#b0508a", "2 4")}
STYLE = """
  svg { background: #ffffff; font: 14px system-ui, 'Helvetica Neue', Arial, sans-serif; }
  text { fill: #1d2329; } .title { font-size: 18px; font-weight: 600; } .panel { font-weight: 600; }
  .small { font-size: 12px; fill: #4a545e; } .grid { stroke: #dde2e7; } .one { stroke: #8a949e; }
  .curve { fill: none; stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
  @media (prefers-color-scheme: dark) {
    svg { background: #14181c; } text { fill: #eef1f4; } .small { fill: #b4bdc6; }
    .grid { stroke: #2c343b; } .one { stroke: #7d8892; } .curve { filter: brightness(1.35); }
  }"""


class Panel:
    def __init__(self, left, steps, low, high):
        self.left, self.steps, self.low, self.high = left, steps, low, high

    def x(self, step):
        return self.left + WIDTH * (step - 1) / (self.steps - 1)

    def y(self, value):
        exponent = min(max(math.log10(value), self.low), self.high)
        return TOP + HEIGHT * (self.high - exponent) / (self.high - self.low)

    def axes(self, with_labels):
        for exponent in range(self.low, self.high + 1, 4):
            y = self.y(10.0**exponent)
            kind = "one" if exponent == 0 else "grid"
            yield f'<line class="{kind}" x1="{self.left}" x2="{self.left + WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
            if with_labels:
                power = f'10<tspan dy="-6" font-size="10">{exponent}</tspan>' if exponent else "1"
                yield f'<text class="small" x="{self.left - 10}" y="{y + 4:.1f}" text-anchor="end">{power}</text>'
        for step in [1, *range(20, self.steps + 1, 20)]:
            yield (f'<text class="small" x="{self.x(step):.1f}" y="{TOP + HEIGHT + 20}" '
                   f'text-anchor="middle">{step}</text>')
        yield (f'<text class="small" x="{self.left + WIDTH / 2}" y="{TOP + HEIGHT + 44}" '
               'text-anchor="middle">step t; the loss is at the last one</text>')

    def curve(self, name, values):
        points = " ".join(f"{self.x(t + 1):.1f},{self.y(v):.1f}" for t, v in enumerate(values))
        colour, dashes = STYLES[name]
        dashes = f' stroke-dasharray="{dashes}"' if dashes else ""
        return f'<polyline class="curve" stroke="{colour}"{dashes} points="{points}"><title>{name}</title></polyline>'


def legend(right):
    for index, (name, (colour, dashes)) in enumerate(STYLES.items()):
        x = right - 88 * (len(STYLES) - index)
        dashes = f' stroke-dasharray="{dashes}"' if dashes else ""
        yield f'<line class="curve" x1="{x}" x2="{x + 30}" y1="31" y2="31" stroke="{colour}"{dashes}/>'
        yield f'<text x="{x + 38}" y="36">{name}</text>'


def draw(panels):
    """`panels` are (title, {name: positive numbers, one a step})."""
    exponents = [math.log10(v) for _, curves in panels for values in curves.values() for v in values]
    low, high = 4 * math.floor(min(exponents) / 4), 4 * math.ceil(max(exponents) / 4)
    width = LEFT + RIGHT + len(panels) * WIDTH + (len(panels) - 1) * GAP
    lines = [f'<text class="title" x="{LEFT}" y="36">How far a gradient flows</text>', *legend(width - RIGHT + 16)]
    for index, (title, curves) in enumerate(panels):
        panel = Panel(LEFT + index * (WIDTH + GAP), len(next(iter(curves.values()))), low, high)
        lines.append(f'<text class="panel" x="{panel.left}" y="{TOP - 10}">{title}</text>')
        lines += panel.axes(with_labels=True)
        lines += [panel.curve(name, values) for name, values in curves.items()]
    middle = TOP + HEIGHT / 2
    lines.append(f'<text class="small" x="20" y="{middle}" text-anchor="middle" '
                 f'transform="rotate(-90 20 {middle})">norm of dLoss/dh[t]</text>')
    names = ", ".join(STYLES)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {TOP + HEIGHT + BOTTOM}" role="img">'
            f"<title>Norm of dLoss/dh[t] against t for {names}</title><style>{STYLE}</style>\n"
            + "\n".join(lines) + "\n</svg>\n")
