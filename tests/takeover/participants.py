"""Services that the server calls, with one ledger behind them.

Three addresses: `healthy` does what it is asked; `sick` does not before heal(); at `down` nobody
listens before heal(). What a branch does instead of its work is its mood (Mood). Every call is
written down, and what it does goes through a barrier as DTM's client libraries have one: an
operation is done once, and one that comes after its own undoing is not done.
"""

import collections
import http.server
import json
import socket
import threading
import time
import urllib.parse

# `sick` is what happens before heal(): ok, slow, lost (done, but the answer is lost), ongoing, error,
# failure, hang or down. `then` is what happens after it.
Mood = collections.namedtuple("Mood", "sick then", defaults=("ok", "ok"))
# `server` counts the servers that were started so far: which of them has called. `answer` is None
# when there was none.
Call = collections.namedtuple("Call", "gid branch op answer server at")

ORIGIN = {"cancel": "try", "compensate": "action", "rollback": "action"}
HANG_SECONDS = 30
SLOW_SECONDS = 0.3
ANSWERS = {
    "ok": (200, {"dtm_result": "SUCCESS"}),
    "failure": (409, {"dtm_result": "FAILURE"}),
    "ongoing": (425, {"dtm_result": "ONGOING"}),
    "error": (500, {"message": "not today"}),
}


class Ledger:
    """What was called and what it did. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._done = {}  # (gid, branch, op) -> the op whose request has written it
        self._calls = []
        self.server = 0

    def record(self, gid, branch, op, answer, server):
        with self._lock:
            self._calls.append(Call(gid, branch, op, answer, server, time.time()))

    def do(self, gid, branch, op):
        """Passes the barrier: whether the work was done now."""
        with self._lock:
            origin = ORIGIN.get(op)
            empty = origin is not None and (gid, branch, origin) not in self._done
            if empty:
                self._done[gid, branch, origin] = op
            if (gid, branch, op) in self._done:
                return False
            self._done[gid, branch, op] = op
            return not empty

    def applied(self, gid, branch, op):
        """Whether the work was ever done: neither refused nor only barred."""
        with self._lock:
            if self._done.get((gid, branch, op)) != op:
                return False
            origin = ORIGIN.get(op)
            return origin is None or self._done.get((gid, branch, origin)) == origin

    def calls(self):
        with self._lock:
            return list(self._calls)

    def called(self, gid, branch, op):
        with self._lock:
            return any(call[:3] == (gid, branch, op) for call in self._calls)


class Participants:
    """Thread-safe, but for close."""

    def __init__(self, ledger):
        self._ledger = ledger
        self._moods = {}  # (gid, branch, op) -> Mood
        self._workflows = {}  # gid -> what runs it when the server calls back
        self._healed = threading.Event()
        self._closing = threading.Event()
        self._listeners = []
        self.healthy = self._listen(_bound())
        self.sick = self._listen(_bound())
        self._down = _bound()  # bound but not listening: connections are refused, and nobody takes it
        self.down = _address(self._down)

    def expect(self, gid, branch, op, mood):
        self._moods[gid, branch, op] = mood

    def expect_workflow(self, gid, run):
        self._workflows[gid] = run

    def heal(self):
        self._healed.set()
        self._listen(self._down)

    @property
    def healed(self):
        return self._healed.is_set()

    def close(self):
        self._closing.set()
        if not self.healed:
            self._down.close()
        for listener, thread in self._listeners:
            listener.shutdown()
            thread.join()
            listener.server_close()

    def answer(self, gid, branch, op):
        """Does what its mood says; the name of the answer. None: the connection is cut."""
        server = self._ledger.server  # the caller may be stopped while it waits
        mood = self._moods.get((gid, branch, op), Mood())
        name = mood.then if self.healed else mood.sick
        if name == "hang":
            self._ledger.record(gid, branch, op, None, server)
            self._closing.wait(HANG_SECONDS)
            return None
        if name == "slow":
            time.sleep(SLOW_SECONDS)
        if name in ("ok", "slow", "lost") and op != "msg":
            self._ledger.do(gid, branch, op)
        said = {"slow": "ok", "lost": None}.get(name, name)
        self._ledger.record(gid, branch, op, said, server)
        return said

    def run_workflow(self, gid):
        """In the callback of the server: the client library's part."""
        self._ledger.record(gid, "00", "callback", "ok", self._ledger.server)
        self._workflows[gid]()

    def _listen(self, bound):
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

        listener = Listener(("127.0.0.1", 0), Handler, bind_and_activate=False)
        listener.socket.close()
        listener.socket = bound
        listener.server_activate()
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
        thread.start()
        self._listeners.append((listener, thread))
        return _address(bound)

    def _serve(self, request):
        body = _body(request)
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.path).query))
        if "branch_id" not in query:  # JSON-RPC
            query = json.loads(body)["params"]
        gid = query["gid"]
        if gid in self._workflows and query["branch_id"] == "00":
            self.run_workflow(gid)
            name = "ok"
        else:
            name = self.answer(gid, query["branch_id"], query["op"])
        if name is None:
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        status, said = ANSWERS[name]
        data = json.dumps(said).encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)


def _body(request):
    if request.headers.get("Transfer-Encoding") != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length", 0)))
    body = b""
    while size := int(request.rfile.readline(), 16):
        body += request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()
    return body


def _bound():
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", 0))
    return bound


def _address(bound):
    return "http://127.0.0.1:%d" % bound.getsockname()[1]
