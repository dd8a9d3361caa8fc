"""Checks the links between the project's pages: check_links.py PATH...

Fails where a page links to a file that is not there, or where a page in docs/
is not named by docs/README.md.
"""
import pathlib
import re
import sys


def pages(paths):
    for path in map(pathlib.Path, paths):
        yield from sorted(path.rglob("*.md")) if path.is_dir() else [path]


def links(page):
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"),
                  flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http:", "https:", "mailto:")):
            yield target


def main(paths):
    problems = []
    named = set()
    for page in pages(paths):
        for target in links(page):
            path = (page.parent / target).resolve()
            if not path.exists():
                problems.append(f"{page}: expected a file at '{target}'")
            if page.parent.name == "docs" and page.name == "README.md":
                named.add(path)
    for directory in map(pathlib.Path, paths):
        if directory.is_dir():
            for page in directory.rglob("*.md"):
                if page.name != "README.md" and page.resolve() not in named:
                    problems.append(f"{page} is not in {directory}/README.md")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
