"""Plays one script on one server, and tells what could be seen of it."""

import http.client
import json
import re
import urllib.parse

import servers
from participants import Play

END_SECONDS = 150
FINAL = ("succeed", "failed")
ROW_FIELDS = ("branch_id", "op", "status", "url", "bin_data")
GLOBAL_FIELDS = (
    "status",
    "trans_type",
    "protocol",
    "rollback_reason",
    "query_prepared",
    "custom_data",
    "result",
)


class Unfinished(Exception):
    """The script did not come to its end; the text says what was being waited for."""


class Player:
    """Not thread-safe: one for each play."""

    def __init__(self, server, participants, script, gid):
        self._server = server
        self._participants = participants
        self._script = script
        self._gid = gid
        self._play = Play(script)

    def run(self):
        """What happened, with the names of this run replaced: equal for servers that are alike."""
        self._participants.expect(self._gid, self._play)
        answers = []
        try:
            for step in self._script["client"]:
                if "await" in step:
                    self._await(step)
                else:
                    answers.append(self._request(step))
            self._await({"await": "final"})
        except TimeoutError as error:
            seen = [f"{call['branch']} {call['answer']}" for call in self._play.calls]
            raise Unfinished(f"{error}; calls so far: {seen}; {self._query()}") from error
        observed = {"answers": answers, "calls": self._play.calls, "end": self._end()}
        return json.loads(self._rename(json.dumps(observed)))

    def _request(self, step):
        body = step["body"]
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        text = text.replace("$GID", self._gid).replace("$P", self._participants.address)
        status, answer = self._http("POST", step["post"], text)
        said = {"request": step["post"], "status": status}
        try:
            found = json.loads(answer)
            said.update((name, found[name]) for name in ("dtm_result", "message") if name in found)
        except ValueError:
            said["text"] = answer
        return said

    def _http(self, method, path, body=None):
        connection = http.client.HTTPConnection(self._server.http, timeout=60)
        try:
            data = None if body is None else body.encode()
            connection.request(method, f"/api/dtmsvr/{path}", data)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def _query(self):
        _, text = self._http("GET", "query?gid=" + urllib.parse.quote(self._gid))
        return json.loads(text)

    def _await(self, step):
        if step["await"] == "calls":
            count, key = step["count"], step["branch"]
            come = lambda: self._play.count(key) >= count and self._play.quiet()
            servers.wait_until(come, END_SECONDS, f"{count} calls of {key}")
        else:
            servers.wait_until(self._ended, END_SECONDS, "its end", pause=0.2)

    def _ended(self):
        transaction = self._query()["transaction"]
        return transaction and transaction["status"] in FINAL and self._play.quiet()

    def _end(self):
        found = self._query()
        transaction = found["transaction"]
        end = {name: transaction.get(name, "") for name in GLOBAL_FIELDS}
        for name in ("finish_time", "rollback_time"):
            end[name] = bool(transaction.get(name))
        end["rows"] = [
            {name: row.get(name, "") for name in ROW_FIELDS} for row in found["branches"]
        ]
        return end

    def _rename(self, text):
        for drawn_id in self._play.ids:
            text = text.replace(drawn_id, "$ID")
        text = text.replace(self._gid, "$GID").replace(self._participants.address, "$P")
        return re.sub(r"127\.0\.0\.1:\d+", "$SOMEBODY", text)
