"""The differences between DTM and sagad that are meant: what is not explained here is a mistake.

orchestrator/doc/protocol.md and tests/conformance/stage/differences.cc have the same ids.
"""

import collections
import re

import behaviours

# explains(script, path, dtm, sagad, both): whether this is that difference. `both` holds all that
# was seen on the two.
Allowed = collections.namedtuple("Allowed", "id reason explains")

RETRIED = "unkown result will be retried: "


def is_repeated_submit(script, path, dtm, sagad, both):
    """DTM starts over; sagad calls every branch as often as its script says, and no more."""
    if not script.get("submitted_twice") or both["sagad"]["end"]["status"] != "succeed":
        return False
    count = collections.Counter(call["branch"] for call in both["sagad"]["calls"])
    told = {key: len(names) for key, names in script["behaviours"].items() if key in count}
    return all(told.get(key, 1) == called for key, called in count.items())


def is_same_branch_again(script, path, dtm, sagad, both):
    request = re.match(r"/answers/(\d+)/(status|dtm_result|message)$", path)
    if not request:
        return False
    one, other = (both[name]["answers"][int(request[1])] for name in ("dtm", "sagad"))
    known = one.get("message") == "storage: UniqueKeyConflict" and one["status"] == 500
    return known and (other["status"], other.get("dtm_result")) == (200, "SUCCESS")


def is_error_text(script, path, dtm, sagad, both):
    if not path.endswith("/message") or not (isinstance(dtm, str) and isinstance(sagad, str)):
        return False
    wordless = any(call["answer"] in behaviours.WORDLESS for call in both["dtm"]["calls"])
    (said, _, _), (told, _, _) = dtm.partition(RETRIED), sagad.partition(RETRIED)
    return wordless and RETRIED in dtm and RETRIED in sagad and said == told


def is_bare_failure(script, path, dtm, sagad, both):
    if not path.endswith(("/message", "/rollback_reason")):
        return False
    return isinstance(dtm, str) and dtm.replace(":  FAILURE", ": FAILURE") == sagad


def is_waiting_message(script, path, dtm, sagad, both):
    """Of several branches side by side that did not succeed either server tells one."""
    if not (script["mode"] == "msg" and script.get("unordered") and path.startswith("/answers/")):
        return False
    firsts = [told[0] for key, told in script["behaviours"].items() if key.endswith("/action")]
    bad = [name for name in firsts if behaviours.PLAIN[name].kind != "ok"]
    number = int(path.split("/")[2])
    return len(bad) > 1 and all(seen["answers"][number]["status"] != 200 for seen in both.values())


def is_json_rpc_code(script, path, dtm, sagad, both):
    """DTM does not see the codes and takes any error for one that is repeated."""
    if not path.startswith("/answers/"):
        return False
    one, other = (both[name]["answers"][int(path.split("/")[2])] for name in ("dtm", "sagad"))
    codes = (-32901, -32902)
    seen = any(f'"code": {code}' in one.get("message", "") for code in codes)
    return seen and other["status"] == 409 and other["request"] == one["request"]


ALLOWED = [
    Allowed(
        "json-rpc-codes",
        "DTM overlooks the codes for failure and ongoing in the answer of a JSON-RPC branch",
        is_json_rpc_code,
    ),
    Allowed(
        "waiting-message",
        "of concurrent branches that did not succeed DTM tells the first and sagad the last",
        is_waiting_message,
    ),
    Allowed(
        "submit-starts-over",
        "a submit while submitted starts over in DTM; in sagad nothing starts over",
        is_repeated_submit,
    ),
    Allowed(
        "same-branch-again",
        "a registerBranch with the same content is an error in DTM and a success in sagad",
        is_same_branch_again,
    ),
    Allowed(
        "error-text",
        "each server has its own words for a call that brought no text",
        is_error_text,
    ),
    Allowed(
        "bare-failure",
        "two blanks in DTM and one in sagad where a failing branch said nothing",
        is_bare_failure,
    ),
]


def listed(found, script, both):
    """The id of the allowed difference that explains `found`, or None."""
    path, dtm, sagad = found
    for allowed in ALLOWED:
        if allowed.explains(script, path, dtm, sagad, both):
            return allowed.id
    return None
