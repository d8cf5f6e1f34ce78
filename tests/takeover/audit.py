"""What has to be the same after a move, and what has to be true in the end."""

import datetime
import json
import re

# What an answer about an ended transaction may say otherwise, and why. Nothing else.
TOLERATED = {
    "id": "sagad answers 0 for every store, as DTM does for all but SQL",
    "owner": "which process of DTM had it last",
    "next_cron_interval": "when DTM would look again, which it does not",
    "next_cron_time": "likewise",
    "branches/update_time": "sagad keeps one time for all rows of a transaction that change",
    "branches/create_time": "likewise; rows come later than their transaction in TCC, XA and workflows",
    # DTM leaves these empty when it reads from SQL, and has them in `options`; sagad says both.
    "branch_headers": "in options",
    "request_timeout": "in options",
    "retry_interval": "in options",
    "retry_limit": "in options",
    "retry_count": "DTM stores it nowhere",
    "timeout_to_fail": "in options",
    "concurrent": "in options; of a saga DTM has it in custom_data only",
}
# Written by each server in its own way: compared by what they mean.
TIMES = ("create_time", "update_time", "finish_time", "rollback_time")
TEXTS_OF_JSON = ("options", "custom_data")
FINAL = ("succeed", "failed")


def facts(stage, gids):
    """What the server answers about ended transactions, by query and by all."""
    listed, position = [], ""
    while True:
        page = json.loads(stage.get(f"all?limit=50&position={position}"))
        listed += [entry for entry in page["transactions"] or [] if entry["gid"] in gids]
        position = page["next_position"]
        if not position:
            break
    return {"query": {gid: stage.query(gid) for gid in gids}, "all": listed}


def _second(text):
    """A time, to the second: DTM's tables hold no more."""
    time = datetime.datetime.fromisoformat(text)
    return str(time.astimezone(datetime.timezone.utc).replace(microsecond=0))


def _tolerated(path, name):
    return name in TOLERATED or ("/branches/" in path and f"branches/{name}" in TOLERATED)


def differences(before, after, path=""):
    """(path, before, after) of what is not equal in meaning."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            found
            for name in sorted(before.keys() | after.keys())
            if not _tolerated(path, name)
            for found in differences(before.get(name), after.get(name), f"{path}/{name}")
        ]
    name = path.rpartition("/")[2]
    if isinstance(before, str) and isinstance(after, str):
        if name in TIMES:
            before, after = _second(before), _second(after)
        elif name in TEXTS_OF_JSON and before and after:
            return differences(json.loads(before), json.loads(after), f"{path}:")
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            found
            for i, (one, other) in enumerate(zip(before, after))
            for found in differences(one, other, f"{path}/{i}")
        ]
    return [] if before == after else [(path, before, after)]


def repeated(calls, succeeded, kinds):
    """Calls of what was stored as done when the server started; and, of sagad alone, of what it had
    been told itself. `succeeded` has the stored keys and `kinds` the name of each server."""
    found, told = [], set()
    for call in calls:
        key = (call.gid, call.branch, call.op)
        if key in succeeded[call.server]:
            found.append(f"{kinds[call.server]} called {key}, which was stored as done")
        if kinds[call.server] == "sagad" and (call.server, key) in told and call.op != "callback":
            found.append(f"sagad called {key} again after it was told that it is done")
        if call.answer == "ok":
            told.add((call.server, key))
    return found


def broken(code, told):
    """Findings of `sagad verify`, without what DTM left."""
    if code not in (0, 5) or "checked " not in told:
        return [f"sagad verify ends with {code}: {told}"]
    findings = [line for line in told.splitlines() if re.match(r"\w+ {2,}\S", line)]
    return [f"sagad verify: {line}" for line in findings]


def money(plans):
    """Each account gets what the plans that succeed move to it, and all of them together nothing."""
    accounts = [[0, 0] for _ in range(3)]
    for plan in plans:
        if plan.frozen:
            continue
        for account, amount, moved in zip(accounts, plan.amounts, plan.moved()):
            account[0] += amount if plan.ends == "succeed" else 0
            account[1] += moved
    found = [f"account {i} has {had}, not {want}" for i, (want, had) in enumerate(accounts) if want != had]
    if sum(had for _, had in accounts) != 0:
        found.append("money was made or lost")
    return found
