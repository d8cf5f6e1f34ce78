"""What a scripted participant can do when it is called, by name.

A script names behaviours; counts and rules are about their kinds: ok, failure, ongoing, error, hang
(never answers) and late (answers, but after the request timeout).
"""

import collections
import json

Behaviour = collections.namedtuple("Behaviour", "kind status body")

CUT = "..."  # a body that begins so is not sent to its end

PLAIN = {
    "ok": Behaviour("ok", 200, '{"dtm_result":"SUCCESS"}'),
    "ok-empty": Behaviour("ok", 200, ""),
    "ok-text": Behaviour("ok", 200, "done"),
    "failure": Behaviour("failure", 409, '{"error":"out of stock"}'),
    "failure-empty": Behaviour("failure", 409, ""),
    "failure-old": Behaviour("failure", 200, '{"dtm_result":"FAILURE"}'),
    "failure-500": Behaviour("failure", 500, "no such account: FAILURE"),
    "ongoing": Behaviour("ongoing", 425, "not yet"),
    "ongoing-old": Behaviour("ongoing", 200, '{"dtm_result":"ONGOING"}'),
    "error": Behaviour("error", 500, "a fault of this participant"),
    "error-201": Behaviour("error", 201, "made"),
    "error-204": Behaviour("error", 204, ""),
    "error-404": Behaviour("error", 404, " no such path \n"),
    # Ends in the middle. To close without a byte would not do: HTTP libraries call again then, by
    # themselves, when the connection has served before.
    "error-cut": Behaviour("error", 200, CUT + "done"),
    "hang": Behaviour("hang", None, ""),
    "late": Behaviour("late", 200, '{"dtm_result":"SUCCESS"}'),
}

KINDS = ("ok", "failure", "ongoing", "error", "hang", "late")

# What a JSON-RPC participant says: an envelope of status 200 with this `error`.
JSON_RPC_ERRORS = {
    "ok": None,
    "failure": {"code": -32901, "message": "out of stock"},
    "ongoing": {"code": -32902, "message": "not yet"},
    "error": {"code": -32603, "message": "a fault of this participant"},
}

# Of these no body tells: each server has its own words for them.
WORDLESS = ("error-204", "error-cut", "hang", "late")


def named(kind):
    """The names of one kind."""
    return [name for name, behaviour in PLAIN.items() if behaviour.kind == kind]


def answer(name, json_rpc_id=None):
    """Status and body; the status is None when there is no answer."""
    behaviour = PLAIN[name]
    if json_rpc_id is None or name not in JSON_RPC_ERRORS:
        return behaviour.status, behaviour.body
    error = JSON_RPC_ERRORS[name]
    envelope = {"jsonrpc": "2.0", "id": json_rpc_id, "result": None, "error": error}
    return 200, json.dumps(envelope)
