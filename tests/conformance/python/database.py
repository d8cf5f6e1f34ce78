"""A MariaDB of the suite's own, with the barrier table of DTM's clients and two accounts.

It listens on loopback, on a free port, and keeps its data in a temporary folder. When it does not
start nothing is skipped: the suite fails.
"""

import getpass
import os
import shutil
import subprocess
import tempfile

import pymysql

import servers

ATTEMPTS = 3
OPENING_BALANCE = 100

# The table as DTM's clients expect it; the names are theirs.
SCHEMA = """
CREATE DATABASE dtm_barrier;
CREATE TABLE dtm_barrier.barrier (
  id BIGINT AUTO_INCREMENT PRIMARY KEY,
  trans_type VARCHAR(45) DEFAULT '', gid VARCHAR(128) DEFAULT '', branch_id VARCHAR(128) DEFAULT '',
  op VARCHAR(45) DEFAULT '', barrier_id VARCHAR(45) DEFAULT '', reason VARCHAR(45) DEFAULT '',
  create_time DATETIME DEFAULT now(), update_time DATETIME DEFAULT now(),
  UNIQUE KEY (gid, branch_id, op, barrier_id));
CREATE DATABASE bank;
CREATE TABLE bank.account (
  name VARCHAR(20) PRIMARY KEY, balance INT NOT NULL, CHECK (balance >= 0));
"""


class Database:
    def __init__(self):
        self._directory = tempfile.mkdtemp(prefix="conformance-mariadb-")
        self._process = None
        try:
            self._install()
            self._start()
            for statement in filter(str.strip, SCHEMA.split(";")):
                self.execute(statement)
        except BaseException:
            self.close()
            raise

    def close(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
        shutil.rmtree(self._directory, ignore_errors=True)

    def connect(self):
        """A connection that begins a transaction with its first statement."""
        return pymysql.connect(host="127.0.0.1", port=self._port, user="root", autocommit=False)

    def cursor(self):
        """A cursor on a connection of its own; cursor.connection commits, rolls back and closes."""
        return self.connect().cursor()

    def execute(self, statement, *values):
        """Runs one statement, commits, and returns its rows."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                rows = cursor.fetchall()
            connection.commit()
            return rows
        finally:
            connection.close()

    def open_accounts(self):
        """Two accounts, `a` and `b`, with their opening balance."""
        self.execute("DELETE FROM bank.account")
        self.execute(
            "INSERT INTO bank.account VALUES ('a', %s), ('b', %s)", OPENING_BALANCE, OPENING_BALANCE
        )

    def balances(self):
        return dict(self.execute("SELECT name, balance FROM bank.account"))

    def barrier_rows(self, gid):
        """(branch_id, op, barrier_id, reason) of one transaction, sorted."""
        rows = self.execute(
            "SELECT branch_id, op, barrier_id, reason FROM dtm_barrier.barrier WHERE gid = %s", gid
        )
        return sorted(rows)

    def _install(self):
        data = os.path.join(self._directory, "data")
        command = [
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={data}",
            f"--user={getpass.getuser()}",
        ]
        command += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            raise servers.ServerFailure(f"mariadb-install-db:\n{result.stdout}{result.stderr}")

    def _start(self):
        for _ in range(ATTEMPTS):
            self._port = servers.free_port()
            if self._start_once():
                return
        with open(os.path.join(self._directory, "log"), encoding="utf-8", errors="replace") as log:
            raise servers.ServerFailure("mariadbd did not come up:\n" + log.read()[-4000:])

    def _start_once(self):
        path = lambda name: os.path.join(self._directory, name)
        command = [
            "mariadbd",
            "--no-defaults",
            f"--datadir={path('data')}",
            f"--user={getpass.getuser()}",
        ]
        command += ["--bind-address=127.0.0.1", f"--port={self._port}"]
        command += [f"--socket={path('sock')}", f"--pid-file={path('pid')}"]
        with open(path("log"), "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

        def up():
            try:
                self.execute("SELECT 1")
                return True
            except pymysql.MySQLError:
                return self._process.poll() is not None

        servers.wait_until(up, servers.START_SECONDS, "mariadbd accepts connections")
        return self._process.poll() is None
