"""What every test stands on: the server, the database, a participant, and looks at states."""

import json
import unittest
import urllib.parse
import urllib.request

import dtmcli.utils

import servers
from participant import Participant

server = None  # suite.py sets both before the first test
database = None

PATIENCE = 60  # seconds until a transaction must have come to its state
LETTERS = {"prepared": "P", "succeed": "S", "failed": "F"}


class ConformanceTest(unittest.TestCase):
    def setUp(self):
        self.participant = Participant()
        self.addCleanup(self.participant.close)
        self.url = self.participant.url
        self.gid = dtmcli.utils.gen_gid(server.api)

    def query(self):
        """The stored transaction, as {"transaction": ..., "branches": [...]}."""
        gid = urllib.parse.quote(self.gid)
        with urllib.request.urlopen(f"{server.api}/query?gid={gid}", timeout=10) as answer:
            return json.load(answer)

    def status(self):
        transaction = self.query()["transaction"]
        return transaction and transaction["status"]

    def reason(self):
        return self.query()["transaction"].get("rollback_reason", "")

    def branches(self):
        """The statuses of the rows in their order: P prepared, S succeed, F failed."""
        return "".join(LETTERS[row["status"]] for row in self.query()["branches"])

    def ops(self):
        """branch_id and op of the rows in their order."""
        return [(row["branch_id"], row["op"]) for row in self.query()["branches"]]

    def comes_to(self, status, branches=None):
        """The transaction comes to `status`, with its rows as told."""
        last = []

        def there():
            last[:] = [self.status()]
            return last == [status]

        try:
            servers.wait_until(there, PATIENCE, status)
        except TimeoutError:
            self.fail(f"{self.gid} is {last} and not {status}: {self.query()}; {server.log()}")
        if branches is not None:
            self.assertEqual(branches, self.branches())

    def assert_branch_call(self, call, trans_type, branch_id, op, body):
        """A call of the server's to a branch, complete."""
        expected = {"gid": self.gid, "trans_type": trans_type, "branch_id": branch_id, "op": op}
        self.assertEqual(expected, call.query)
        if body is None:
            self.assertEqual(("GET", b""), (call.method, call.body))
        else:
            self.assertEqual("POST", call.method)
            self.assertEqual(body, json.loads(call.body))
        self.assertEqual("application/json", call.headers["content-type"])
