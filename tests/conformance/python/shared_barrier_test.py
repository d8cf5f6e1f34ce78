"""A service in Python and one in C++ (participants/product) share a database and the barrier's table.

To both a call of the other's is a call of their own: whatever reached one of them is a repeat for
the other, and an undo through one bars the action at the other.
"""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest
import uuid

import pymysql
import requests
from dtmcli import barrier, utils

import servers
import stage

PIECES = 100


class Product:
    """The process, on a database of its own beside the one of the barrier."""

    def __init__(self):
        stage.database.execute("CREATE DATABASE shop")
        self._directory = tempfile.mkdtemp(prefix="conformance-product-")
        self._ports = os.path.join(self._directory, "product.ports")
        port = stage.database.port
        command = [os.path.join(os.environ["SAGA_BIN"], "product"), "--data-dir", self._directory]
        command += ["--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"]
        command += ["--database", f"mysql://root@127.0.0.1:{port}/shop"]
        command += ["--barrier-table", "dtm_barrier.barrier"]
        with open(os.path.join(self._directory, "log"), "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        servers.wait_until(self._up, servers.START_SECONDS, "product")

    def _up(self):
        if self._process.poll() is not None:
            with open(os.path.join(self._directory, "log"), encoding="utf-8") as log:
                raise servers.ServerFailure("product ended: " + log.read()[-4000:])
        return os.path.exists(self._ports)

    def call(self, method, body, **query):
        with open(self._ports, encoding="utf-8") as ports:
            url = f"http://{json.load(ports)['http']}/product.v1.Product/{method}"
        return requests.post(url, json=body, params=query, timeout=30)

    def close(self):
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)
        stage.database.execute("DROP DATABASE shop")


class SharedBarrierTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.product = Product()
        cls.addClassCleanup(cls.product.close)

    def setUp(self):
        self.gid = str(uuid.uuid4())
        self.order = uuid.uuid4().int % 10**12 + 1
        answer = self.product.call("SetStock", {"product_id": 7, "size_id": 1, "stock": PIECES})
        self.assertEqual(200, answer.status_code, answer.text)

    def cpp(self, op, pieces=3):
        """The branch at the C++ service."""
        method = {"action": "Deduct", "compensate": "Restore"}[op]
        item = {"product_id": 7, "size_id": 1, "quantity": pieces}
        answer = self.product.call(
            method,
            {"order_id": self.order, "items": [item]},
            gid=self.gid,
            trans_type="saga",
            branch_id="02",
            op=op,
        )
        self.assertEqual(200, answer.status_code, answer.text)

    def python(self, op, pieces=3):
        """The same branch at a service in Python, by DTM's client. Whether it did anything."""
        done = []

        def change(cursor):
            change_by = -pieces if op == "action" else pieces
            utils.sqlexec(cursor, f"update shop.product_stock set stock = stock + ({change_by})")
            done.append(True)

        guard = barrier.BranchBarrier("saga", self.gid, "02", op)
        with barrier.AutoCursor(stage.database.cursor()) as cursor:
            guard.call(cursor, change)
        return bool(done)

    def stock(self):
        return stage.database.execute("SELECT stock FROM shop.product_stock WHERE product_id = 7")[0][0]

    def test_what_the_one_did_is_a_repeat_for_the_other(self):
        self.cpp("action")
        self.assertFalse(self.python("action"))
        self.assertEqual(PIECES - 3, self.stock())
        self.cpp("compensate")
        self.assertFalse(self.python("compensate"))
        self.assertEqual(PIECES, self.stock())

    def test_what_the_other_did_is_a_repeat_for_the_one(self):
        self.assertTrue(self.python("action"))
        self.cpp("action")
        self.assertEqual(PIECES - 3, self.stock())
        self.assertTrue(self.python("compensate"))
        self.cpp("compensate")
        self.assertEqual(PIECES, self.stock())

    def test_the_undo_of_what_the_other_did_runs(self):
        self.cpp("action")
        self.assertTrue(self.python("compensate"))
        self.cpp("compensate")
        self.cpp("action")
        self.assertEqual(PIECES, self.stock())

    def test_an_undo_in_python_bars_the_action_in_cpp(self):
        self.assertFalse(self.python("compensate"))
        self.cpp("action")
        self.assertEqual(PIECES, self.stock())

    def test_an_undo_in_cpp_bars_the_action_in_python(self):
        self.cpp("compensate")
        self.assertFalse(self.python("action"))
        self.assertEqual(PIECES, self.stock())
        expected = [("02", "action", "01", "compensate"), ("02", "compensate", "01", "compensate")]
        self.assertEqual(expected, stage.database.barrier_rows(self.gid))

    def test_both_at_once_is_once(self):
        for _ in range(20):
            self.setUp()
            ran = []
            cpp = threading.Thread(target=self.cpp, args=("action",))
            cpp.start()
            try:
                ran.append(self.python("action"))
            except pymysql.err.OperationalError as error:
                # A deadlock: this client tells its caller, who comes again.
                self.assertEqual(1213, error.args[0])
                ran.append(self.python("action"))
            cpp.join()
            self.assertEqual(PIECES - 3, self.stock())


if __name__ == "__main__":
    unittest.main()
