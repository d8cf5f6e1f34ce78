"""Clang reads the lock annotations: what is guarded is only touched under its lock. GCC, which builds us, ignores them."""

import concurrent.futures
import os
import shutil
import subprocess
import unittest

from sources import ROOT, cpp, report

COMPILER = "clang++-14"
FLAGS = ["-std=c++20", "-I.", "-fsyntax-only", "-Wthread-safety", "-Werror=thread-safety-analysis"]


class Locks(unittest.TestCase):
    def test_guarded_members_are_touched_under_their_lock(self):
        self.assertTrue(shutil.which(COMPILER), f"{COMPILER} is missing: deploy/install-packages --test")
        annotated = {s.path.rsplit(".", 1)[0] for s in cpp() if "ABSL_GUARDED_BY" in s.text}
        files = sorted(s.path for s in cpp() if s.path.endswith(".cc") and s.path.rsplit(".", 1)[0] in annotated
                       and s.path.startswith(("orchestrator/engine/", "orchestrator/adapter/", "participants/sdk/")))
        generated = os.path.join(os.environ.get("SAGA_BUILD", "build/release"), "orchestrator/proto/saga_proto")
        command = [COMPILER, *FLAGS, "-isystem", generated]

        def compile_one(path):
            done = subprocess.run([*command, path], cwd=ROOT, capture_output=True, text=True)
            return "" if done.returncode == 0 else f"{path}:\n{done.stderr[-2000:]}"

        self.assertGreater(len(files), 3)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            findings = [f for f in pool.map(compile_one, files) if f]
        self.assertFalse(findings, report(findings))


if __name__ == "__main__":
    unittest.main()
