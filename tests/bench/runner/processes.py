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
    """A server under measurement: started on an empty data directory, and wiped after it."""

    def __init__(self, name, root):
        self.name = name
        self.directory = os.path.join(root, name)
        self.log = os.path.join(root, name + ".log")
        self.grpc = self.http = None
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def prepare(self):
        """Fresh data directory and ports; the server is not started yet."""
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.grpc, self.http = free_address(), free_address()

    def start(self):
        self.prepare()
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

    def version(self):
        return json.loads(http_get(self.http, "/api/dtmsvr/version")).get("version", "")

    def stop(self):
        stop(self.process)
        self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)


class Sagad(Server):
    def __init__(self, name, root, binary, arguments):
        super().__init__(name, root)
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
            *self.arguments,
        ]


class Dtm(Server):
    """As it comes: its embedded boltdb, which it writes into its working directory."""

    def __init__(self, root, binary):
        super().__init__("dtm", root)
        self.binary = os.path.abspath(binary)

    def command(self):
        return [self.binary]

    def environment(self):
        return {
            "HTTP_PORT": self.http.rpartition(":")[2],
            "GRPC_PORT": self.grpc.rpartition(":")[2],
            "LOG_LEVEL": "warn",
            "STORE_DRIVER": "boltdb",
        }


class Ceiling(Server):
    """The server that only passes calls on; gRPC only, and it stores nothing."""

    def __init__(self, root, sagabench, participant):
        super().__init__("ceiling", root)
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
