"""House style, as far as a machine can tell."""

import re
import unittest

from sources import ROOT, cpp, report, sources, tracked

MAX_COLUMNS = 100
MAX_FUNCTION_LINES = 70
BANNED_NAMES = re.compile(r"(^|[_/])(util|utils|helper|helpers|manager|misc|common)([_./]|$)", re.I)
ALLOWED_NAMES = ("orchestrator/adapter/store_common/",)


class Style(unittest.TestCase):
    def test_lines_fit(self):
        findings = [f"{s.path}:{n}: {len(line)} columns" for s in cpp() for n, line in enumerate(s.lines, 1)
                    if len(line) > MAX_COLUMNS]
        self.assertFalse(findings, report(findings))

    def test_functions_fit_on_a_screen(self):
        findings = []
        functions = 0
        for source in cpp():
            start = None
            for number, line in enumerate(source.code, 1):
                # A definition at namespace or class level: an unindented or two-space brace that opens and closes alone.
                opens = re.match(r"^( {0,2})(?!namespace|class|struct|enum|union|extern|constexpr .*=|const .*=|static .*=)\S.*\)[^;]*\{$", line)
                if opens and start is None:
                    start = (number, opens.group(1))
                if start and re.match(rf"^{start[1]}\}}", line):
                    functions += 1
                    if number - start[0] - 1 > MAX_FUNCTION_LINES:
                        findings.append(f"{source.path}:{start[0]}: {number - start[0] - 1} lines")
                    start = None
        self.assertGreater(functions, 500)
        self.assertFalse(findings, report(findings))

    def test_headers_guard_and_explain_themselves(self):
        findings = []
        for source in cpp():
            if not source.path.endswith(".h"):
                continue
            if "#pragma once" not in source.lines[0]:
                findings.append(f"{source.path}: the first line is not #pragma once")
            if not source.path.startswith("tests/") and "//" not in source.text:
                findings.append(f"{source.path}: says nothing about what it is for")
        self.assertFalse(findings, report(findings))

    def test_nothing_is_left_for_later_without_an_owner(self):
        word = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
        findings = [f"{s.path}:{n}: {line.strip()}" for s in sources(".h", ".cc", ".md", ".proto", ".yaml", ".cmake", ".txt", ".py")
                    for n, line in enumerate(s.lines, 1)
                    if word.search(line) and not s.path.startswith(("orchestrator/doc/", "tests/tidy/"))]
        self.assertFalse(findings, report(findings))

    def test_no_code_sleeps_in_comments(self):
        code = re.compile(r"^\s*//\s*(?:[\w:<>*&\s]+\(.*\);|[\w.\->\[\]]+ = .*;|(?:if|for|while) \(.*\) ?\{|return .*;|\})\s*$")
        findings = [f"{s.path}:{n}: {line.strip()}" for s in cpp() if not s.path.endswith(".h")
                    for n, line in enumerate(s.lines, 1) if code.match(line)]
        self.assertFalse(findings, report(findings))

    def test_files_are_named_for_what_they_are(self):
        findings = [n for n in tracked() if BANNED_NAMES.search(n) and not n.startswith(ALLOWED_NAMES)]
        self.assertFalse(findings, report(findings))

    def test_locks_are_those_that_the_compiler_can_check(self):
        word = re.compile(r"\bstd::(mutex|shared_mutex|lock_guard|unique_lock|condition_variable)\b")
        findings = [f"{s.path}:{n}: use absl::Mutex" for s in cpp() for n, line in enumerate(s.code, 1) if word.search(line)]
        self.assertFalse(findings, report(findings))

    def test_switches_over_enums_have_no_default(self):
        findings = []
        for source in cpp():
            if not source.path.startswith(("orchestrator/core/", "orchestrator/engine/", "orchestrator/port/")):
                continue
            findings += [f"{source.path}:{n}: a default hides a forgotten case" for n, line in enumerate(source.code, 1)
                         if re.match(r"\s*default\s*:", line)]
        self.assertFalse(findings, report(findings))

    def test_tests_do_not_sleep_for_luck(self):
        word = re.compile(r"\b(sleep_for|SleepFor|usleep|nanosleep|sleep)\s*\(")
        # Allowed: a pause between two looks at a condition that has a deadline, and a time whose passing is what is
        # tested; the latter says so on its line. The bench measures over a time that its user names.
        findings = []
        for source in cpp():
            if not source.path.startswith("tests/") or source.path.startswith("tests/bench/"):
                continue
            for number, line in enumerate(source.code, 1):
                explained = "  // " in source.lines[number - 1]
                if word.search(line) and not explained and not self._polls(source, number):
                    findings.append(f"{source.path}:{number}: {line.strip()}")
        self.assertFalse(findings, report(findings))

    @staticmethod
    def _polls(source, number):
        around = "\n".join(source.lines[max(0, number - 12):number + 3])
        return re.search(r"\b(while|for)\b", around) and re.search(r"deadline|until|Until|timeout|attempt", around)

    def test_nothing_names_a_registry_or_this_machine(self):
        word = re.compile(r"deb\.debian\.org|repo1?\.maven|registry\.npmjs|proxy\.golang\.org|pypi\.org|files\.pythonhosted|/work/")
        findings = []
        for name in tracked():
            if name.startswith("tests/tidy/"):
                continue
            try:
                text = (ROOT / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            findings += [f"{name}: {m.group(0)}" for m in word.finditer(text)]
        self.assertFalse(findings, report(findings))


if __name__ == "__main__":
    unittest.main()
