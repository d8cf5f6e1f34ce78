#!/usr/bin/env python3
"""The bench on MySQL measures something: one node, two nodes and a store that grows.

Runs tests/bench/run for a moment and looks into what it has written; no figure is judged.
Environment: SAGA_BIN, the folder of sagad and sagabench.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run")
GOAL = 300


class BenchOnMySql(unittest.TestCase):
    def test_nodes_and_growth_are_measured(self):
        build = os.path.dirname(os.path.abspath(os.environ["SAGA_BIN"]))
        with tempfile.TemporaryDirectory(prefix="saga-bench-test-") as folder:
            # The user of MariaDB has to come through.
            os.chmod(folder, 0o711)
            written = os.path.join(folder, "result.json")
            command = [RUN, "--build", build, "--data-dir", folder, "--json", written]
            command += ["--store", "mysql", "--nodes", "2", "--no-ceiling", "--grow", str(GOAL)]
            command += ["--clients", "4", "--rounds", "2", "--seconds", "0.5", "--warmup", "0"]
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(os.listdir(folder), ["result.json"], "something was left behind")
            with open(written, encoding="utf-8") as file:
                result = json.load(file)
        self.assertIn("MariaDB", result["versions"])
        runs = result["loads"][0]["runs"]
        self.assertEqual(
            sorted(run["system"] for run in runs), ["sagad", "sagad"] + ["sagad, 2 nodes"] * 2
        )
        (point,) = result["grow"]
        self.assertGreaterEqual(point["finished"], GOAL)
        self.assertGreater(point["finished_at_last"], point["finished"])
        self.assertGreater(point["stored_bytes"], 0)
        self.assertEqual(
            sorted(run["system"] for run in point["runs"]), ["empty", "empty", "grown", "grown"]
        )
        for run in runs + point["runs"]:
            report = run["report"]
            self.assertGreater(report["ok"], 0, run)
            self.assertEqual(report["failed"] + report["errors"], 0, run)
            self.assertGreaterEqual(run["branch_calls"], 2 * report["ok"], run)
            self.assertGreater(report["database_cpu_ms_per_transaction"], 0, run)
        self.assertIn("sagad, 2 nodes / sagad", done.stdout)


if __name__ == "__main__":
    sys.exit(unittest.main())
