"""Processes that never outlive the run: servers, participants, and one-shot measurements."""

import ctypes
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

from runner.failure import BenchFailure

READY_SECONDS = 20
STOP_SECONDS = 10
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def _die_with_parent():
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def spawn(command, **options):
    """Starts a process in its own session: Ctrl-C reaches only `run`, which stops it in order."""
    return subprocess.Popen(command, start_new_session=True, preexec_fn=_die_with_parent, **options)


def stop(process):
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def measure(command):
    """Runs a sagabench subcommand that prints one JSON object, and returns it."""
    process = spawn(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = process.communicate()
    finally:
        stop(process)
    if not out.strip():
        raise BenchFailure(f"{shlex.join(command)} failed: {err.strip()}")
    return json.loads(out)


def free_address():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % sock.getsockname()[1]


def http_get(address, path, timeout=5):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{address}{path}", timeout=timeout) as answer:
        return answer.read().decode()


def bytes_below(folder):
    """What the files in a folder take on the disk."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(path, name)).st_blocks * 512
            except FileNotFoundError:
                pass  # removed in the meantime
    return total


class Participant:
    """sagabench participant on free ports."""

    def __init__(self, sagabench):
        self.process = spawn([sagabench, "participant"], stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        addresses = dict(word.split("=", 1) for word in words if "=" in word)
        if "grpc" not in addresses:
            raise BenchFailure("the participant did not start")
        self.grpc = addresses["grpc"]
        self.http = addresses["http"]

    def address(self, protocol):
        return self.grpc if protocol == "grpc" else self.http

    def calls(self):
        return json.loads(http_get(self.http, "/counts"))["total"]

    def close(self):
        stop(self.process)
        self.process.stdout.close()


class Broker:
    """A Kafka broker for the run, started by the program that starts that of the tests."""

    def __init__(self, build, root):
        self.program = os.path.join(build, "tests", "kafka_shared_broker")
        self.prefix = os.path.join(root, "broker")
        jars = os.path.join(os.path.dirname(build), "kafka-lib")
        fetch = os.path.join(os.path.dirname(os.path.dirname(build)), "tests", "kafka", "fetch")
        subprocess.run([fetch, jars], check=True, stdout=subprocess.DEVNULL)
        started = subprocess.run(
            [self.program, "start", self.prefix], stdout=subprocess.PIPE, text=True, env=self._env(build)
        )
        if started.returncode != 0:
            raise BenchFailure("the Kafka broker did not start")
        self.address = started.stdout.split()[0]
        self.build = build

    @staticmethod
    def _env(build):
        return {**os.environ, "SAGA_SOURCE": os.path.dirname(os.path.dirname(build))}

    def close(self):
        subprocess.run([self.program, "stop", self.prefix], env=self._env(self.build))


class Intake:
    """A participant that is reached by Kafka only."""

    def __init__(self, sagabench, server, broker, name):
        self.instance = free_address()
        self.process = spawn(
            [
                sagabench,
                "intake",
                "--orchestrator",
                server.grpc,
                "--kafka",
                broker.address,
                "--instance",
                self.instance,
                "--name",
                name,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if not self.process.stdout.readline().startswith("intake "):
            raise BenchFailure("the intake did not start")

    def address(self, protocol):
        return self.instance

    def close(self):
        stop(self.process)
        self.process.stdout.close()


class Server:
    """A server under measurement: started on an empty store, and wiped after it.

    `store` is what keeps its transactions (stores.py).
    """

    def __init__(self, name, root, store):
        self.name = name
        self.directory = os.path.join(root, name)
        self.log = os.path.join(root, name + ".log")
        self.store = store
        self.database = None
        self.grpc = self.http = None
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def prepare(self):
        """An empty store and fresh ports; the server is not started yet."""
        self.wipe()
        os.makedirs(self.directory)
        self.database = self.store.new_database()
        self.grpc, self.http = free_address(), free_address()

    def start(self):
        self.prepare()
        self.start_again()

    def start_again(self):
        """Starts it on what it has stored."""
        with open(self.log, "ab") as log:
            self.process = spawn(
                self.command(),
                cwd=self.directory,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment()},
            )
        self.await_ready()

    def await_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                http_get(self.http, "/api/dtmsvr/newGid")
                return
            except OSError:
                time.sleep(0.02)
        raise BenchFailure(f"{self.name} did not become ready; {self.log} ends:\n{self.log_end()}")

    def log_end(self):
        with open(self.log, "rb") as file:
            return file.read()[-1500:].decode(errors="replace")

    def address(self, protocol):
        return self.grpc if protocol == "grpc" else self.http

    def addresses(self, protocol):
        """Of all its nodes."""
        return [self.address(protocol)]

    def process_ids(self):
        """Of all its nodes."""
        return [self.process.pid]

    def version(self):
        return json.loads(http_get(self.http, "/api/dtmsvr/version")).get("version", "")

    def metric(self, name, labels=""):
        """The sum of a metric's samples whose labels contain a text."""
        total = 0
        for line in http_get(self.http, "/api/metrics").splitlines():
            word, _, value = line.rpartition(" ")
            if word.partition("{")[0] == name and labels in word:
                total += int(float(value))
        return total

    def halt(self):
        """Stops it; what it has stored stays."""
        stop(self.process)
        self.process = None

    def wipe(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        if self.database is not None:
            self.database.drop()
            self.database = None

    def stop(self):
        self.halt()
        self.wipe()


class Sagad(Server):
    def __init__(self, name, root, store, binary, arguments):
        super().__init__(name, root, store)
        self.binary = os.path.abspath(binary)
        self.arguments = arguments

    def command(self):
        return [
            self.binary,
            "--data-dir",
            self.directory,
            "--grpc-listen",
            self.grpc,
            "--http-listen",
            self.http,
            *(["--store", self.database.url] if self.database else []),
            *self.arguments,
        ]

    def stored_bytes(self):
        return self.database.bytes() if self.database else bytes_below(self.directory)


class Nodes(Server):
    """Several nodes of sagad on one database."""

    def __init__(self, name, root, store, binary, arguments, count):
        super().__init__(name, root, store)
        self.nodes = [
            Sagad(f"{name}, node {number}", root, store, binary, arguments)
            for number in range(1, count + 1)
        ]

    def start(self):
        self.wipe()
        self.database = self.store.new_database()
        for node in self.nodes:
            os.makedirs(node.directory)
            node.grpc, node.http = free_address(), free_address()
            node.database = self.database
            node.start_again()

    def addresses(self, protocol):
        return [node.address(protocol) for node in self.nodes]

    def process_ids(self):
        return [node.process.pid for node in self.nodes]

    def version(self):
        return self.nodes[0].version()

    def halt(self):
        for node in self.nodes:
            node.halt()

    def wipe(self):
        for node in self.nodes:
            node.database = None  # the one of all
            node.wipe()
        super().wipe()


class Dtm(Server):
    """As it comes, on its embedded boltdb, which it writes into its working directory, or on MySQL.

    `schema` is the script that makes its tables in MySQL.
    """

    def __init__(self, name, root, store, binary, schema="", settings=None):
        super().__init__(name, root, store)
        self.binary = os.path.abspath(binary)
        self.schema = schema
        self.settings = settings or {}

    def prepare(self):
        super().prepare()
        if self.database:
            self.database.make_dtm_tables(self.schema)

    def command(self):
        return [self.binary]

    def environment(self):
        return {
            "HTTP_PORT": self.http.rpartition(":")[2],
            "GRPC_PORT": self.grpc.rpartition(":")[2],
            "LOG_LEVEL": "warn",
            **self.settings,
            **self._where_it_stores(),
        }

    def _where_it_stores(self):
        if not self.database:
            return {"STORE_DRIVER": "boltdb"}
        return {
            "STORE_DRIVER": "mysql",
            "STORE_HOST": self.database.host,
            "STORE_PORT": self.database.port,
            "STORE_USER": "root",
            "STORE_DB": self.database.name,
        }


class Ceiling(Server):
    """The server that only passes calls on; gRPC only, and it stores nothing."""

    def __init__(self, root, store, sagabench, participant):
        super().__init__("ceiling", root, store)
        self.sagabench = sagabench
        self.participant = participant

    def command(self):
        return [
            self.sagabench,
            "passthrough",
            "--grpc-listen",
            self.grpc,
            "--participant",
            self.participant.grpc,
        ]

    def await_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        host, _, port = self.grpc.rpartition(":")
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection((host, int(port)), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise BenchFailure(f"the ceiling's server did not become ready:\n{self.log_end()}")
