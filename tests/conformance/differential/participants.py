"""The participants of all scripts: an HTTP server that remembers calls and behaves as scripted.

A branch's URL is http://<address>/<gid>/<anything>. What a call gets is looked up by its branch_id
and op: the script's list for "<branch_id>/<op>", one entry a call, the last one repeating; success
when nothing is said.
"""

import http.server
import json
import socket
import threading
import time
import urllib.parse

import behaviours

HANG_SECONDS = 5  # at most; a caller's timeout comes first
LATE_SECONDS = 0.5  # after the request timeout
QUIET_SECONDS = 0.25  # a held answer leaves when nothing else has happened for so long


class Play:
    """One script on one server: what is to be answered, and what was called."""

    def __init__(self, script):
        self.script = script
        self.calls = []
        self.ids = set()  # of JSON-RPC calls
        self._lock = threading.Condition()
        self._count = {}
        self._open = {}  # number of call -> rank when its answer is held, else None
        self._last_event = time.monotonic()

    def begin(self, key, call, never_answered):
        """Registers a call; returns its number and the name of what it gets."""
        with self._lock:
            told = self.script["behaviours"].get(key, ["ok"])
            count = self._count[key] = self._count.get(key, 0) + 1
            name = told[min(count, len(told)) - 1]
            number = len(self.calls)
            repeats = count > len(told) and behaviours.PLAIN[name].kind not in ("ok", "failure")
            self.calls.append({**call, "answer": name, "repeats": repeats})
            if not never_answered(name):
                self._open[number] = None
            self._last_event = time.monotonic()
            return number, name

    def end(self, number):
        with self._lock:
            self._open.pop(number, None)
            self._last_event = time.monotonic()
            self._lock.notify_all()

    def hold(self, number, rank):
        """Waits until every other open call is held too, and this one is the first of them by rank.

        So that steps which run side by side end in an order that is the same on every server.
        """
        with self._lock:
            self._open[number] = rank
            self._last_event = time.monotonic()
            while not self._may_leave(number):
                self._lock.wait(0.02)

    def _may_leave(self, number):
        ranks = list(self._open.values())
        quiet = time.monotonic() - self._last_event >= QUIET_SECONDS
        return quiet and None not in ranks and self._open[number] == min(ranks)

    def count(self, key):
        with self._lock:
            return self._count.get(key, 0)

    def quiet(self):
        """Nothing is open, and nothing has happened for a moment."""
        with self._lock:
            return not self._open and time.monotonic() - self._last_event >= QUIET_SECONDS


class Participants:
    """Thread-safe."""

    def __init__(self):
        self._plays = {}
        participants = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self):
                participants._serve(self)

            do_GET = do_POST = serve

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

            def handle_error(self, *_):
                pass  # a caller that went away

        self._server = Listener(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def expect(self, gid, play):
        self._plays[gid] = play

    def _serve(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        parts = urllib.parse.urlsplit(request.path)
        gid = urllib.parse.unquote(parts.path.split("/")[1])
        play = self._plays.get(gid)
        if play is None:
            request.send_error(404)
            return
        query = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        json_rpc, names = self._read_names(dict(query), body)
        key = f"{names.get('branch_id')}/{names.get('op')}"
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = {
            "branch": key,
            "method": request.command,
            "path": parts.path,
            "query": query,
            "body": self._without_id(json_rpc) if json_rpc else body.decode("utf-8", "replace"),
            "headers": {
                name: value
                for name, value in headers.items()
                if name in ("content-type", "accept") or name.startswith("test")
            },
        }
        if json_rpc:
            play.ids.add(str(json_rpc.get("id")))
        number, name = play.begin(key, call, lambda name: name in ("hang", "late"))
        try:
            self._answer(request, play, number, name, key, json_rpc and json_rpc.get("id"))
        finally:
            play.end(number)

    @staticmethod
    def _read_names(query, body):
        """The JSON-RPC envelope or None, and where branch_id and op are found."""
        if "branch_id" in query:
            return None, query
        try:
            envelope = json.loads(body)
            return envelope, envelope["params"]
        except (ValueError, KeyError, TypeError):
            return None, query

    @staticmethod
    def _without_id(envelope):
        """The id is drawn by the server: only its type is comparable."""
        return {**envelope, "id": type(envelope.get("id")).__name__}

    def _answer(self, request, play, number, name, key, json_rpc_id):
        script = play.script
        if name == "hang":
            self._wait_for_close(request, HANG_SECONDS)
        if name == "late":
            self._wait_for_close(request, script["request_timeout"] + LATE_SECONDS, to_the_end=True)
        kind = behaviours.PLAIN[name].kind
        if script.get("hold") and kind in ("failure", "ongoing", "error"):
            play.hold(number, (kind == "failure", key))
        status, body = behaviours.answer(name, json_rpc_id)
        if status is not None:
            request.send_response(status)
            if status != 204:
                request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body.removeprefix(behaviours.CUT).encode())
            request.wfile.flush()
        if status is None or body.startswith(behaviours.CUT):
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _wait_for_close(request, seconds, to_the_end=False):
        """Until the caller has closed the connection, or `seconds` have passed."""
        deadline = time.monotonic() + seconds
        request.connection.settimeout(0.1)
        while time.monotonic() < deadline:
            try:
                if request.connection.recv(1, socket.MSG_PEEK) == b"" and not to_the_end:
                    break
                time.sleep(0.05)
            except TimeoutError:
                pass
            except OSError:
                if not to_the_end:
                    break
                time.sleep(0.05)
        request.connection.settimeout(None)
