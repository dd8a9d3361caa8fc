"""Opens the page of interpretable-cells in Chromium, picks a cell as a reader does
and compares the colours that the browser computes with the page's data."""

import base64
import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys

import numpy

# Picks as a reader does, and writes down what the browser then shows.
PROBE = """<script>
chooser.value = "%d";
chooser.dispatchEvent(new Event("change"));
for (const span of document.querySelectorAll("#text span"))
  span.dataset.seen = getComputedStyle(span).backgroundColor;
</script></html>"""


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.colours, self.pressed, self.label = [], 0, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if "data-seen" in given:
            self.colours.append([float(n) for n in re.findall(r"[\d.]+", given["data-seen"])])
        self.pressed += given.get("aria-pressed") == "true"
        if given.get("id") == "text":
            self.label = given.get("aria-label")


def look(browser, page, folder, cell):
    probed = folder / f"cell-{cell}.html"
    probed.write_text(page.replace("</html>", PROBE % cell))
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
               "--dump-dom", probed.resolve().as_uri()]
    return Page(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)


def check(seen, levels, cell):
    assert seen.label == f"text, coloured by cell {cell}", seen.label
    assert len(seen.colours) == len(levels), f"{len(seen.colours)} letters, not {len(levels)}"
    for place, (colour, level) in enumerate(zip(seen.colours, levels)):
        red, _, blue, alpha = [*colour, 1][:4]
        where = f"cell {cell}, letter {place}: {colour} for {level:.2f}"
        assert abs(alpha - abs(level)) < 0.011, where
        assert alpha == 0 or (blue > red) == (level < 0), where


def main(path, folder):
    browser = shutil.which("chromium")
    if not browser:
        return print("page: not looked at, expected chromium to be installed")
    page, folder = pathlib.Path(path).read_text(), pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    data = json.loads(re.search(r"^const data = (.*);$", page, re.M).group(1))
    levels = numpy.frombuffer(base64.b64decode(data["levels"]), numpy.int8).reshape(data["cells"], -1) / 127
    cells = [data["found"][0]["cell"], (data["found"][0]["cell"] + 1) % data["cells"]]
    for cell in cells:
        seen = look(browser, page, folder, cell)
        check(seen, levels[cell], cell)
        assert (seen.pressed > 0) == (cell in [entry["cell"] for entry in data["found"]])
    print(f"page: {levels.shape[1]} letters coloured as cells {cells[0]} and {cells[1]} say")


main(*sys.argv[1:])
