"""The conformance checklist and the table of differences say what the tests do, and nothing else."""

import re
import unittest

from sources import ROOT, report

CONFORMANCE = ROOT / "tests/conformance"
CHECKLIST = CONFORMANCE / "checklist.md"
PROTOCOL = ROOT / "orchestrator/doc/protocol.md"
# Items of the list that the checklist was made from, so that no row is lost in silence.
ITEMS = 176


def gtests(folder):
    """Suite.Name of every test in C++."""
    found = set()
    for path in folder.rglob("*.cc"):
        for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", path.read_text(), re.M):
            found.add(f"{suite}.{name}")
    return found


def go_tests():
    found = set()
    for path in (CONFORMANCE / "go").rglob("*_test.go"):
        found |= set(re.findall(r"^func (Test\w+)\(", path.read_text(), re.M))
    return found


def python_tests():
    found = set()
    for path in (CONFORMANCE / "python").glob("*_test.py"):
        suite = ""
        for line in path.read_text().splitlines():
            if header := re.match(r"class (\w+)", line):
                suite = header[1]
            elif test := re.match(r"    def (test_\w+)\(", line):
                found.add(f"{suite}.{test[1]}")
    return found


def rows():
    """(item, what shows it) of every row of the checklist."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in CHECKLIST.read_text().splitlines()
        if line.startswith("| ") and not line.startswith("| item")
    ]
    return [(row[0], row[1]) for row in cells if len(row) == 2 and not set(row[0]) <= set("-: ")]


class Checklist(unittest.TestCase):
    def test_every_row_names_tests_that_exist_or_a_reason(self):
        known = {
            "wire": gtests(CONFORMANCE / "wire"),
            "engine": gtests(ROOT / "tests/unit") | gtests(ROOT / "tests/contract"),
            "e2e": gtests(ROOT / "tests/e2e"),
            "go": go_tests(),
            "python": python_tests(),
        }
        for kind, tests in known.items():
            self.assertTrue(tests, f"found no tests of kind {kind}")
        findings = []
        for item, shown in rows():
            named = re.findall(r"`(\w+):([\w.]+)`", shown)
            if not named and not re.match(r"(client only|not covered|store only): \w+", shown):
                findings.append(f"{item}: names no test and no reason")
            for kind, test in named:
                if test not in known.get(kind, ()):
                    findings.append(f"{item}: there is no {kind} test {test}")
        self.assertFalse(findings, report(findings))

    def test_no_item_is_missing_or_there_twice(self):
        items = [item for item, _ in rows()]
        twice = sorted({item for item in items if items.count(item) > 1})
        self.assertFalse(twice, report(twice))
        self.assertEqual(len(items), ITEMS)


class Differences(unittest.TestCase):
    def test_the_suites_and_the_documentation_have_the_same(self):
        wire = re.findall(r'^      \{"([\w-]+)",', (CONFORMANCE / "stage/differences.cc").read_text(), re.M)
        differential = re.findall(
            r'^    Allowed\(\s*"([\w-]+)"', (CONFORMANCE / "differential/differences.py").read_text(), re.M
        )
        self.assertTrue(wire)
        self.assertTrue(differential)
        section = PROTOCOL.read_text().partition("## Deliberate differences")[2]
        documented = re.findall(r"^\| `([\w-]+)` \|", section, re.M)
        self.assertEqual(len(documented), len(set(documented)), "an id is documented twice")
        findings = [f"{name} is not in protocol.md" for name in {*wire, *differential} - {*documented}]
        findings += [f"{name} is in protocol.md and in no suite" for name in {*documented} - {*wire, *differential}]
        self.assertFalse(findings, report(sorted(findings)))


if __name__ == "__main__":
    unittest.main()
