"""Every file has a use: sources are built, headers are included, links lead somewhere."""

import os
import re
import unittest

from sources import ROOT, cpp, report, sources, tracked


class Files(unittest.TestCase):
    def test_every_source_is_built(self):
        lists = {}
        for source in sources("CMakeLists.txt", ".cmake"):
            lists.setdefault(os.path.dirname(source.path), "")
            lists[os.path.dirname(source.path)] += source.text
        findings = []
        for source in cpp():
            if not source.path.endswith(".cc"):
                continue
            folder, found = os.path.dirname(source.path), False
            while not found:
                relative = os.path.relpath(source.path, folder or ".")
                found = relative in lists.get(folder, "")
                if not folder:
                    break
                folder = os.path.dirname(folder)
            if not found:
                findings.append(source.path)
        self.assertFalse(findings, "in no CMakeLists.txt:" + report(findings))

    def test_every_header_is_included(self):
        text = "\n".join(s.text for s in cpp())
        findings = [s.path for s in cpp() if s.path.endswith(".h") and f'#include "{s.path}"' not in text]
        self.assertFalse(findings, "included by nobody:" + report(findings))

    def test_links_lead_somewhere(self):
        findings = []
        links = 0
        for source in sources(".md"):
            prose = re.sub(r"```.*?```|`[^`\n]*`", "", source.text, flags=re.S)
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
                if "://" in target or target.startswith("mailto:"):
                    continue
                links += 1
                path = os.path.normpath(os.path.join(os.path.dirname(source.path), target))
                if not (ROOT / path).exists():
                    findings.append(f"{source.path}: {target}")
        self.assertGreater(links, 5)
        self.assertFalse(findings, report(findings))

    def test_the_top_level_is_the_one_agreed_on(self):
        allowed = {"CMakeLists.txt", "CMakePresets.json", "README.md", "orchestrator", "participants", "sagas", "cli",
                   "deploy", "tests", "cmake"}
        top = {n.split("/", 1)[0] for n in tracked()}
        findings = sorted(n for n in top if n not in allowed and not n.startswith("."))
        self.assertFalse(findings, report(findings))

    def test_sanitized_names_tests_that_exist(self):
        names = [n for n in (ROOT / "tests/sanitized").read_text().splitlines() if n and not n.startswith("#")]
        text = "\n".join(s.text for s in sources("CMakeLists.txt", ".cmake"))
        findings = [n for n in names if f"saga_test({n}" not in text]
        self.assertTrue(names)
        self.assertFalse(findings, report(findings))


if __name__ == "__main__":
    unittest.main()
