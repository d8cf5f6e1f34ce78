"""Starts the server that a conformance suite is to speak to: sagad, or DTM for comparison.

    with servers.from_environment() as server:
        urllib.request.urlopen(f"http://{server.http}/api/dtmsvr/newGid")

Environment:
    SAGA_CONFORMANCE_HTTP    address of a server that runs already; nothing is started then
    SAGA_CONFORMANCE_SERVER  sagad (default; SQLite), sagad-memory, sagad-mysql or dtm
    SAGA_MARIADB             with sagad-mysql: the address of MariaDB (peer/mariadb.py)
    SAGA_BIN                 folder of the sagad binary
    SAGA_DTM_BINARY          the DTM binary
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from peer import mariadb

START_SECONDS = 60
STOP_SECONDS = 30
DTM_ATTEMPTS = 5


class ServerFailure(Exception):
    """A server did not come up; the text holds the end of its log."""


def wait_until(condition, seconds, what, pause=0.02):
    """Returns the first true answer of `condition`; TimeoutError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"not in {seconds} s: {what}")
        time.sleep(pause)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server process with a data folder of its own. Not thread-safe."""

    def __init__(self, kind, http=""):
        self.kind = kind
        self.http = http  # "127.0.0.1:36789"
        self.database = None  # dropped at the end
        self._process = None
        self._directory = None

    @property
    def is_dtm(self):
        return self.kind == "dtm"

    @property
    def api(self):
        """The base address as DTM's clients want it."""
        return f"http://{self.http}/api/dtmsvr"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends the process and removes its data. More than once is harmless."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None
        if self.database is not None:
            self.database.drop()
            self.database = None

    def kill(self):
        """kill -9; the data stays until stop()."""
        self._process.kill()
        self._process.wait()
        self._process = None

    def log(self):
        """The end of what the process wrote."""
        if self._directory is None:
            return ""
        with open(os.path.join(self._directory, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def start(self, command, environment, ready):
        """Runs `command` (given the data folder) until `ready`. False when it ended before."""
        self._directory = tempfile.mkdtemp(prefix=f"conformance-{self.kind}-")
        with open(os.path.join(self._directory, "log"), "wb") as log:
            self._process = subprocess.Popen(
                command(self._directory),
                cwd=self._directory,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            return wait_until(
                lambda: ready(self) or self._process.poll() is not None, START_SECONDS, self.kind
            ) and ready(self)
        except TimeoutError as error:
            raise ServerFailure(f"{error}\n{self.log()}") from error

    def read_sagad_ports(self):
        """sagad writes them into its data folder when it is ready."""
        try:
            with open(os.path.join(self._directory, "sagad.ports"), encoding="utf-8") as file:
                self.http = json.load(file)["http"]
            return True
        except (FileNotFoundError, ValueError, KeyError):
            return False

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.api}/newGid", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


def start_sagad(kind="sagad"):
    binary = os.path.join(os.environ["SAGA_BIN"], "sagad")
    server = Server(kind)
    store = {"sagad": "sqlite", "sagad-memory": "memory"}.get(kind)
    if kind == "sagad-mysql":
        server.database = mariadb.Database(mariadb.shared_address())
        store = server.database.url
        migrate(binary, store)

    def command(directory):
        listen = ["--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"]
        return [binary, "--data-dir", directory, "--store", store, *listen]

    if not server.start(command, {}, Server.read_sagad_ports):
        text = server.log()
        server.stop()
        raise ServerFailure(f"sagad ended at once:\n{text}")
    return server


def migrate(binary, store):
    """Makes the tables of sagad, and what DTM would have, in a database."""
    command = [binary, "migrate", "--apply", "--store", store]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise ServerFailure(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")


def start_dtm(binary=None):
    """DTM on its embedded store. It listens on every interface: enter peer.namespace first."""
    if not only_loopback():
        raise ServerFailure("DTM is started only where lo is the only network interface")
    binary = os.path.abspath(binary or os.environ["SAGA_DTM_BINARY"])
    # It cannot be given port 0, and somebody else may take a free port first: hence the attempts.
    for _ in range(DTM_ATTEMPTS):
        server = Server("dtm", f"127.0.0.1:{free_port()}")
        environment = {
            "STORE_DRIVER": "boltdb",
            "HTTP_PORT": server.http.split(":")[1],
            "GRPC_PORT": str(free_port()),
            "LOG_LEVEL": "warn",
            "TRANS_CRON_INTERVAL": "1",  # looks for due work every second at the latest
        }
        if server.start(lambda _: [binary], environment, Server.answers):
            return server
        text = server.log()
        server.stop()
    raise ServerFailure(f"DTM ended at once:\n{text}")


def from_environment():
    if os.environ.get("SAGA_CONFORMANCE_HTTP"):
        kind = os.environ.get("SAGA_CONFORMANCE_SERVER", "sagad")
        return Server(kind, os.environ["SAGA_CONFORMANCE_HTTP"])
    kind = os.environ.get("SAGA_CONFORMANCE_SERVER") or "sagad"
    if kind == "dtm":
        return start_dtm()
    if kind not in ("sagad", "sagad-memory", "sagad-mysql"):
        raise ServerFailure(f"SAGA_CONFORMANCE_SERVER is {kind}: it is not among those above")
    return start_sagad(kind)


def only_loopback():
    return [name for _, name in socket.if_nameindex()] == ["lo"]
