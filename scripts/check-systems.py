#!/usr/bin/env python3
"""Holds docs/systems.md to what ran: check-systems.py OUT.xml REPORT.xml...

Walks the table of systems and looks up, in the JUnit reports of lit and ctest,
each test and example that a row says shows it. Writes a report of its own with
a case a row: failed where one of them failed or did not run at all, skipped
where one was.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "systems.md"


def read_rows():
    """The name of each row and the paths, from the root, of what shows it."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        row = re.fullmatch(r"\| ([A-Z]\d+) \|.*\| ([^|]*) \|", line)
        if row:
            links = re.findall(r"\]\(\.\./([^)#]+)\)", row[2])
            yield row[1], [ROOT / link for link in links]


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    skipped = case.find("skipped") is not None or case.get("status") in ("notrun", "disabled")
    return "skipped" if skipped else "passed"


def read_outcomes(reports):
    """Outcomes by name: paths below test/ for lit, Suite.Case for ctest."""
    found = {}
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            name, group = case.get("name", ""), case.get("classname", "")
            if group == name:  # ctest: "program/Suite.Case", or "Instance/Suite.Case/Value"
                found[name.split("/", 1)[-1]] = outcome(case)
            else:
                found[f"{group.split('.', 1)[-1]}/{name}"] = outcome(case)
    return found


def find_tests(path, outcomes):
    """The names of the tests that a file or an example's folder stands for."""
    if path.is_dir():
        command = f"examples/{path.name}/run.sh"
        return [
            f"examples/{test.name}"
            for test in (ROOT / "test" / "examples").glob("*.test")
            if command in test.read_text(encoding="utf-8").replace("%examples", "examples")
        ]
    if path.suffix == ".cpp":
        text = path.read_text(encoding="utf-8")
        suites = "|".join(set(re.findall(r"^(?:TYPED_)?TEST(?:_[FP])?\((\w+),", text, re.M)))
        return [name for name in outcomes if re.search(rf"(^|/)({suites})[./]", name)]
    return [path.relative_to(ROOT / "test").as_posix()]


def judge(proofs, outcomes):
    """What became of a row, with the tests that say so."""
    worst, why = "passed", []
    if not proofs:
        return "failed", ["nothing shows it"]
    for path in proofs:
        names = find_tests(path, outcomes)
        if not names:
            worst = "failed"
            why.append(f"no test of {path.relative_to(ROOT)}")
        for name in names:
            got = outcomes.get(name, "failed")
            if got != "passed":
                why.append(f"{name}: {got if name in outcomes else 'did not run'}")
            if got == "failed" or (got == "skipped" and worst == "passed"):
                worst = got
    return worst, why


def main(out, *reports):
    outcomes = read_outcomes(reports)
    suite = ElementTree.Element("testsuite", name="systems")
    rows = list(read_rows())
    for name, proofs in rows:
        worst, why = judge(proofs, outcomes)
        case = ElementTree.SubElement(suite, "testcase", name=name, classname="systems")
        if worst != "passed":
            print(f"{name}: {'; '.join(why)}")
            element = {"failed": "failure", "skipped": "skipped"}[worst]
            ElementTree.SubElement(case, element, message="; ".join(why))
    ElementTree.ElementTree(suite).write(out)
    if not rows:
        sys.exit(f"expected rows in {PAGE}, got none")


if __name__ == "__main__":
    main(*sys.argv[1:])
