"""What is equal, and what is not, between what was seen of one script on two servers."""

UNDOING = "compensate"


def normal(script, observed):
    """The part of what was seen that has to be the same everywhere."""
    calls = collapse(observed["calls"])
    violations = []  # those of DTM are differences, those of sagad are mistakes on top
    if script.get("unordered"):
        violations = order_violations(script, calls)
        calls = sorted(calls, key=lambda call: (is_undoing(call), call["branch"]))
    return {**observed, "calls": calls, "violations": violations}


def is_undoing(call):
    return call["branch"].endswith(f"/{UNDOING}")


def collapse(calls):
    """A branch that stays unfinished is called as often as there is time for: once is enough."""
    return [
        {name: value for name, value in call.items() if name != "repeats"}
        for call in calls
        if not call["repeats"]
    ]


def order_violations(script, calls):
    """Steps with an order between them: called in it, and undone against it, on every server."""
    found = []
    first, last = {}, {}
    for position, call in enumerate(calls):
        first.setdefault(call["branch"], position)
        last[call["branch"]] = position
    for before, after in script["orders"]:
        for op, (early, late) in (("action", (before, after)), ("compensate", (after, before))):
            one, other = f"{early}/{op}", f"{late}/{op}"
            if one in last and other in first and last[one] > first[other]:
                found.append(f"{other} was called before the last call of {one}")
    undone = [position for position, call in enumerate(calls) if is_undoing(call)]
    done = [position for position, call in enumerate(calls) if not is_undoing(call)]
    if undone and done and min(undone) < max(done):
        found.append("an action was called after a compensation")
    return found


def differences(dtm, sagad, path=""):
    """(path, DTM's value, sagad's value) of everything that is not equal."""
    if type(dtm) is not type(sagad):
        return [(path, dtm, sagad)]
    if isinstance(dtm, dict):
        return [
            found
            for name in sorted(dtm.keys() | sagad.keys())
            for found in differences(dtm.get(name), sagad.get(name), f"{path}/{name}")
        ]
    if isinstance(dtm, list) and len(dtm) == len(sagad):
        return [
            found
            for i, (one, other) in enumerate(zip(dtm, sagad))
            for found in differences(one, other, f"{path}/{i}")
        ]
    return [] if dtm == sagad else [(path, dtm, sagad)]
