"""What the compiled core asks the system for: nothing. An include can be hidden, a symbol cannot."""

import os
import re
import subprocess
import unittest

from sources import ROOT, report

FORBIDDEN = re.compile(r"clock_gettime|gettimeofday|\btime\b|_chrono|pthread|nanosleep|\bfopen|\bopen(64)?\b|\bsocket|"
                       r"\bconnect\b|getrandom|random_device|\brand\b|sqlite3|\bgetenv\b|basic_.?fstream|ostream|printf")


class Symbols(unittest.TestCase):
    def test_the_core_asks_for_no_clock_thread_file_socket_or_chance(self):
        build = os.environ.get("SAGA_BUILD", str(ROOT / "build/release"))
        archive = os.path.join(build, "orchestrator/core/libsaga_core.a")
        self.assertTrue(os.path.exists(archive), f"{archive} is not built")
        output = subprocess.run(["nm", "-C", "--undefined-only", archive], capture_output=True, text=True, check=True)
        symbols = {line.split(None, 1)[1] for line in output.stdout.splitlines() if " U " in line}
        self.assertGreater(len(symbols), 10)
        findings = sorted(s for s in symbols if FORBIDDEN.search(s))
        self.assertFalse(findings, report(findings))


if __name__ == "__main__":
    unittest.main()
