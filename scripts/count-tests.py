#!/usr/bin/env python3
"""Adds up test reports: count-tests.py REPORT.xml...

Reads JUnit reports as lit and ctest write them, names the tests that failed
and prints "N passed, N failed" with ", N skipped" where some were. Fails where
a test failed, where a report is missing or unreadable and where one has no
test in it.
"""
import sys
import xml.etree.ElementTree as ElementTree


def read_cases(path):
    """The name and outcome of each test of a report."""
    for case in ElementTree.parse(path).iter("testcase"):
        name, group = case.get("name", ""), case.get("classname", "")
        if group and group != name:  # ctest has the name in both places.
            name = f"{group}/{name}"
        if case.find("failure") is not None or case.find("error") is not None:
            yield name, "failed"
        elif case.find("skipped") is not None or case.get("status") in (
                "notrun", "disabled"):
            yield name, "skipped"
        else:
            yield name, "passed"


def main(paths):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    broken = []
    for path in paths:
        try:
            cases = list(read_cases(path))
        except (OSError, ElementTree.ParseError) as error:
            broken.append(f"cannot read {path}: {error}")
            continue
        if not cases:
            broken.append(f"expected tests in {path}, got none")
        for name, outcome in cases:
            counts[outcome] += 1
            if outcome == "failed":
                print(f"failed: {name}")
    for message in broken:
        print(message, file=sys.stderr)
    counts["failed"] += len(broken)
    line = f"{counts['passed']} passed, {counts['failed']} failed"
    if counts["skipped"]:
        line += f", {counts['skipped']} skipped"
    print(line)
    return 0 if counts["failed"] == 0 and counts["passed"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
