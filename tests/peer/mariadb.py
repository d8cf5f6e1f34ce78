"""A MariaDB for suites in Python: started by tests/mariadb/server, asked by its command line client.

    with mariadb.Server() as server:
        database = mariadb.Database(server.address)
        database.run("CREATE TABLE t (n INT)")
        server.kill()
        server.start()

Not thread-safe, but for Database.run.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

from peer.failure import PeerFailure

ATTEMPTS = 3
START_SECONDS = 60
STOP_SECONDS = 60
PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mariadb", "server")


def run_sql(address, script, database=None):
    """The rows of the script's queries: lists of texts. PeerFailure at an error."""
    host, port = address.rsplit(":", 1)
    command = ["mariadb", "--no-defaults", "--protocol=tcp", f"--host={host}", f"--port={port}"]
    command += ["--user=root", "--batch", "--skip-column-names", "--default-character-set=utf8mb4"]
    command += ["--connect-timeout=10"] + ([database] if database else [])
    done = subprocess.run(command, input=script, capture_output=True, text=True)
    if done.returncode != 0:
        raise PeerFailure(f"mariadb: {done.stderr.strip()}")
    return [line.split("\t") for line in done.stdout.splitlines()]


class Server:
    """A server with a folder of its own on 127.0.0.1; root needs no password.

    `options` are mariadbd's. The folder is made in `parent`, which its user must be able to enter;
    `spawn` starts the process, as subprocess.Popen does.
    """

    def __init__(self, *options, parent=None, spawn=subprocess.Popen):
        self._options = options
        self._spawn = spawn
        self._directory = tempfile.mkdtemp(prefix="saga-mariadb-", dir=parent)
        self._process = None
        self.port = 0
        self.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self._process.pid

    @property
    def data(self):
        """The folder in which each database has one."""
        return self._path("data")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        """Starts it, again on what it had, and returns when it accepts connections."""
        # The port stays the same for those who know it; only the first start may choose another.
        ports = [self.port] if self.port else [_free_port() for _ in range(ATTEMPTS)]
        for self.port in ports:
            if self._start_once():
                return
        text = self.log()
        self.close()
        raise PeerFailure(f"MariaDB did not come up:\n{text}")

    def kill(self):
        self._process.kill()
        self._process.wait()

    def close(self):
        """Stops it and removes its data. More than once is harmless."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None
        shutil.rmtree(self._directory, ignore_errors=True)

    def log(self):
        try:
            with open(self._path("log"), encoding="utf-8", errors="replace") as log:
                return log.read()[-4000:]
        except FileNotFoundError:
            return ""

    def _path(self, name):
        return os.path.join(self._directory, name)

    def _start_once(self):
        with open(self._path("log"), "wb") as log:
            self._process = self._spawn(
                [PROGRAM, self._directory, str(self.port), *self._options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                # Another server may have the port: its socket is another.
                return run_sql(self.address, "SELECT @@socket") == [[self._path("sock")]]
            except PeerFailure:
                time.sleep(0.05)
        return False


class Database:
    """A new, empty database on a server."""

    def __init__(self, address):
        self._address = address
        self.name = f"saga_{uuid.uuid4().hex[:16]}"
        run_sql(address, f"CREATE DATABASE {self.name}")

    @property
    def url(self):
        """As sagad takes it for --store."""
        return f"mysql://root@{self._address}/{self.name}"

    def run(self, script):
        return run_sql(self._address, script, self.name)

    def drop(self):
        run_sql(self._address, f"DROP DATABASE {self.name}")


def shared_address():
    """The MariaDB of this run: $SAGA_MARIADB, or what ctest has started (tests/mariadb/README.md)."""
    if os.environ.get("SAGA_MARIADB"):
        return os.environ["SAGA_MARIADB"]
    prefix = os.environ.get("SAGA_MARIADB_FILE")
    if not prefix:
        raise PeerFailure("neither SAGA_MARIADB nor SAGA_MARIADB_FILE is set: which MariaDB?")
    with open(f"{prefix}.{os.getppid()}", encoding="utf-8") as file:
        return file.read().split()[0]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
