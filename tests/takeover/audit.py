"""What has to be the same after a move, and what has to be true in the end."""

import json

# Fields of an ended transaction that another server may answer otherwise: none.
TOLERATED = ()
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


def differences(before, after, path=""):
    """(path, before, after) of what is not equal."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            found
            for name in sorted(before.keys() | after.keys())
            if name not in TOLERATED
            for found in differences(before.get(name), after.get(name), f"{path}/{name}")
        ]
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
