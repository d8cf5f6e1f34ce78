"""The project's own files, read once: what every rule looks at."""

import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Source:
    def __init__(self, path):
        self.path = path                      # relative to the root, with slashes
        self.text = (ROOT / path).read_text(encoding="utf-8")
        self.lines = self.text.splitlines()

    @functools.cached_property
    def code(self):
        """The lines with comments and the insides of strings blanked, so that rules about code see code only."""
        text = re.sub(r'R"\((.*?)\)"', lambda m: "\n" * m.group(0).count("\n") + '""', self.text, flags=re.S)
        text = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)
        text = re.sub(r"'(?:\\.|[^'\\\n])'", "' '", text)
        text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
        return [re.sub(r"//.*", "", line) for line in text.splitlines()]


@functools.lru_cache
def tracked():
    """Every file of the checkout that git knows or would take, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # no git here, or an unpacked archive
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]
    return sorted(n for n in names if (ROOT / n).is_file() and not n.startswith(("build/", ".git/")))


@functools.lru_cache
def sources(*endings):
    return [Source(n) for n in tracked() if n.endswith(endings)]


def cpp():
    return sources(".h", ".cc")


def report(findings):
    return "\n" + "\n".join(findings)
