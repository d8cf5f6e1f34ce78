"""Runs the suite: suite.py [unittest arguments: names of tests, -v, -k PATTERN]."""

import os
import sys
import unittest

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

import database
import servers
import stage
from peer import namespace


def main():
    if os.environ.get("SAGA_CONFORMANCE_SERVER") == "dtm" and not os.environ.get(
        "SAGA_CONFORMANCE_HTTP"
    ):
        namespace.enter(os.path.abspath(__file__))
    with servers.from_environment() as server:
        stage.server = server
        stage.database = database.Database()
        try:
            return run()
        finally:
            stage.database.close()


def run():
    folder = os.path.dirname(os.path.abspath(__file__))
    # The client prints what it does: shown only for a test that fails.
    arguments = ["suite.py", "discover", "-b", "-s", folder, "-p", "*_test.py", *sys.argv[1:]]
    result = unittest.main(module=None, argv=arguments, exit=False).result
    if result.testsRun == 0 or result.skipped:
        print("nothing ran, or something was skipped: that is a failure", file=sys.stderr)
        return 1
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
