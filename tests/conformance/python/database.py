"""A MariaDB of the suite's own, with the barrier table of DTM's clients and two accounts.

It listens on loopback, on a free port, and keeps its data in a temporary folder. When it does not
start nothing is skipped: the suite fails.
"""

import pymysql

from peer import mariadb

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
        self._server = mariadb.Server()
        try:
            for statement in filter(str.strip, SCHEMA.split(";")):
                self.execute(statement)
        except BaseException:
            self.close()
            raise

    def close(self):
        self._server.close()

    @property
    def port(self):
        return self._server.port

    def connect(self):
        """A connection that begins a transaction with its first statement."""
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=False)

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
