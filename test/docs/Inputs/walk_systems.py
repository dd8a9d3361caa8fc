"""Walks the table of docs/systems.md: walk_systems.py SYSTEMS.md ROOT FOLDER

Fails where a row is missing, a file that it names is not there, a .rnn of it
does not compile, a cell is not in the file that it names or in none of its
tests, or where nothing that runs shows it. FOLDER is for what is compiled.
"""
import pathlib
import re
import subprocess
import sys

ROWS = [f"{letter}{n}" for letter, count in (("C", 17), ("T", 8), ("L", 8), ("D", 11)) for n in range(1, count + 1)]


def rows(page):
    """The cells of each row of the table."""
    for line in page.read_text(encoding="utf-8").splitlines():
        found = re.fullmatch(r"\| ([CTLD]\d+) \| (.*) \| (.*) \| (.*) \|", line)
        if found:
            yield found.groups()


def linked(page, text):
    return [(page.parent / target).resolve() for target in re.findall(r"\]\(([^)#]+)\)", text)]


def is_test(path):
    """A file that lit or ctest runs."""
    if path.name.endswith("Test.cpp"):
        return re.search(rf"\b{path.name}\b", (path.parent / "CMakeLists.txt").read_text(encoding="utf-8"))
    return path.suffix in (".test", ".py", ".mlir") and "RUN:" in path.read_text(encoding="utf-8")


def is_run_example(path, root):
    """A folder whose command a test runs."""
    command = f"examples/{path.name}/run.sh"
    return (path / "run.sh").exists() and any(
        command in test.read_text(encoding="utf-8").replace("%examples", "examples")
        for test in (root / "test" / "examples").glob("*.test"))


def compile_models(path, folder):
    """Problems with a .rnn; one of cells alone is compiled beside a model of nothing."""
    text = path.read_text(encoding="utf-8")
    models = re.findall(r"^model (\w+)", text, re.M)
    if not models:
        path = folder / path.name
        path.write_text(text + "model Nothing {\n  input x: [1]\n  output y = 2 * x\n}\n", encoding="utf-8")
        models = ["Nothing"]
    for model in models:
        command = ["rnnc", str(path), f"--model={model}", "-O0", "-o", str(folder / f"{model}.o")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"{path.name}: expected {model} to compile, got\n{done.stderr}"


def check_row(page, root, sources, row):
    name, _, written, shown = row
    files, proofs = linked(page, written), linked(page, shown)
    missing = [path for path in files + proofs if not path.exists()]
    if missing:
        yield from (f"{name}: expected a file at {path}" for path in missing)
        return
    sources.update(path for path in files if path.suffix == ".rnn")
    for proof in proofs:
        if not (is_run_example(proof, root) if proof.is_dir() else is_test(proof)):
            yield f"{name}: expected {proof} to be among the tests"
    if not proofs:
        yield f"{name}: expected a test or an example, got none"
    texts = [path.read_text(encoding="utf-8") for path in files]
    tests = [path.read_text(encoding="utf-8") for path in proofs if path.suffix == ".py"]
    for cell in re.findall(r"`(\w+)`", written.split(";")[0]) if ";" in written else []:
        if not any(f"cell {cell}[" in text for text in texts):
            yield f"{name}: expected cell {cell} in {', '.join(path.name for path in files)}"
        if not any(f'"{cell}[' in text for text in tests):
            yield f"{name}: expected a test of {cell} in what shows it"


def main(page, root, folder):
    page, root, folder = map(pathlib.Path, (page, root, folder))
    found = list(rows(page))
    problems, sources = [], set()
    if [row[0] for row in found] != ROWS:
        problems.append(f"expected the rows {ROWS}, got {[row[0] for row in found]}")
    for row in found:
        problems += check_row(page, root, sources, row)
    for source in sorted(sources):
        problems += compile_models(source, folder)
    for problem in problems:
        print(problem)
    print(f"{len(found)} rows, {len(sources)} files of models and cells")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
