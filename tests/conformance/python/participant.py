"""A participant: an HTTP server that remembers every call and answers as it is told.

shop = Participant()
shop.answer("/pay", FAILURE, SUCCESS)      # the last one repeats; unspoken paths succeed
shop.answer("/refund", lambda call: ...)   # or computes its answer: an Answer or a status
shop.url("/pay")
"""

import collections
import http.server
import json
import threading
import urllib.parse

import servers

Answer = collections.namedtuple("Answer", "status body")
SUCCESS = Answer(200, '{"dtm_result":"SUCCESS"}')
FAILURE = Answer(409, '{"error":"out of stock"}')
ONGOING = Answer(425, "not yet")
ERROR = Answer(500, "a fault of this participant")
OLD_FAILURE = Answer(200, '{"dtm_result":"FAILURE"}')
OLD_ONGOING = Answer(200, '{"dtm_result":"ONGOING"}')

# query: the last value of each key; headers: names in lower case; body: bytes.
Call = collections.namedtuple("Call", "method path query headers body")


class Participant:
    """Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._calls = []
        self._answers = {}
        participant = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                participant._serve(self)

            do_GET = do_POST = handle_one

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def answer(self, path, *answers):
        """What calls of `path` get, one after the other; the last one repeats."""
        with self._lock:
            self._answers[path] = list(answers)

    def calls(self, path=None):
        """All calls in the order of arrival, or those of one path."""
        with self._lock:
            return [call for call in self._calls if path in (None, call.path)]

    def paths(self):
        """The path of each call, in the order of arrival."""
        return [call.path for call in self.calls()]

    def wait_for(self, path, count=1, seconds=60):
        """Waits until `path` has been called so often, and returns those calls."""
        servers.wait_until(
            lambda: len(self.calls(path)) >= count, seconds, f"{count} calls of {path}"
        )
        return self.calls(path)

    def _serve(self, request):
        parts = urllib.parse.urlsplit(request.path)
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(request.command, parts.path, query, headers, body)
        with self._lock:
            self._calls.append(call)
            answers = self._answers.get(parts.path, [SUCCESS])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            try:
                answer = answer(call) or SUCCESS
            except Exception as error:  # what a web framework would do with it
                answer = Answer(500, repr(error))
        body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        request.send_response(answer.status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body.encode())))
        request.end_headers()
        request.wfile.write(body.encode())
