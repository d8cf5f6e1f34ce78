"""Draws scripts from a seed.

A script is plain data:
    name             "saga-17"
    mode             saga, tcc, msg or xa
    request_timeout  seconds; what `late` is later than
    behaviours       "<branch_id>/<op>" -> what its calls get (behaviours.py)
    hold             answers that are no success wait until the other calls are answered
    unordered        the order of calls within a phase is not compared
    submitted_twice  the second time while it is under way
    orders           unordered only: [[step before, step after], ...] as branch ids; checked on
                     each server
    client           what the client does: {"post": <path>, "body": ...} or {"await": ...}; $GID is
                     the gid, $P the address of the participants

What is drawn is kept to what has one right course. DTM carries a transaction on in passes that may
overlap when one lasts longer than the retry interval, so a script has at most one slow answer.
Where steps run side by side at most one of them fails, and its answer is held until the others
have theirs.
"""

import json
import random

import behaviours

# Until a pass is repeated. Longer than the slowest pass, which has one hanging call of a second.
RETRY_SECONDS = 2
PAYLOADS = ('{"amount":30}', '{"text":"größe ✓"}', "plain text", "[1,2]", "null", "")
OBJECTS = ('{"amount":30}', '{"text":"größe ✓","list":[1,{"a":null}]}', "{}")
MODES = (("saga", 45), ("msg", 25), ("tcc", 18), ("xa", 12))
OPS = ("action", "compensate", "confirm", "cancel", "commit", "rollback", "msg")
PATIENT = "ongoing"  # what a branch answers that is to stay unfinished


def draw(seed, number):
    """Script `number` of `seed`: the same for the same two, always."""
    rng = random.Random(f"{seed}/{number}")
    names, weights = zip(*MODES)
    mode = rng.choices(names, weights)[0]
    return DRAWERS[mode](rng, f"{mode}-{seed}-{number}").script()


class Drawer:
    """What all modes share."""

    mode = ""

    def __init__(self, rng, name):
        self.rng = rng
        self.behaviours = {}
        self.client = []
        self.slow_left = 1
        self.noise_left = 2
        self.slow = rng.random() < 0.35  # may hang and be late
        self.hold = False
        self.orders = None
        self.submitted_twice = False
        self.name = name
        self.options = self.draw_options()
        self.compose()

    def compose(self):
        raise NotImplementedError

    def script(self):
        made = {
            "name": self.name,
            "mode": self.mode,
            "request_timeout": self.options.get("request_timeout", 3),
            "behaviours": self.behaviours,
            "client": self.client,
        }
        if self.hold:
            made.update({"hold": True})
        if self.orders is not None:
            made.update({"unordered": True, "orders": self.orders})
        if self.submitted_twice:
            made.update({"submitted_twice": True})
        return made

    def chance(self, percent):
        return self.rng.random() * 100 < percent

    def draw_options(self):
        options = {"retry_interval": RETRY_SECONDS}
        if self.slow:
            options["request_timeout"] = 1
        if self.chance(40):
            options["wait_result"] = True
        if self.chance(25):
            options["branch_headers"] = {"test_header": "a value", "Test-Two": "2"}
        return options

    def url(self, branch, query=""):
        return f"http://$P/$GID/{branch}{query or self.rng.choice(('', '', '?a=1', '?a=b%20c&d='))}"

    def noise(self, kinds):
        """What comes before the answer that counts: mostly nothing."""
        drawn = []
        while self.noise_left and self.chance(30):
            slow = [kind for kind in ("hang", "late") if self.slow and self.slow_left]
            kind = self.rng.choice([*kinds, *slow])
            self.slow_left -= kind in ("hang", "late")
            self.noise_left -= 1
            drawn.append(self.rng.choice(behaviours.named(kind)))
        return drawn

    def behave(self, key, end="ok", kinds=("ongoing", "error")):
        """Tells the calls of `key` what they get, the last of it of kind `end`."""
        self.behaviours[key] = [*self.noise(kinds), self.rng.choice(behaviours.named(end))]

    def post(self, path, body):
        self.client.append({"post": path, "body": body})

    def body(self, **fields):
        return {"gid": "$GID", "trans_type": self.mode, **fields}

    def registration(self, branch_id, **fields):
        return self.body(branch_id=branch_id, **fields)

    def stay(self, key):
        """The calls of `key` stay unfinished for ever."""
        self.behaviours[key] = [PATIENT]

    def afterwards(self, body):
        """Requests to a transaction that has ended."""
        if not self.chance(30):
            return
        self.client.append({"await": "final"})
        registration = self.registration("09", url="", confirm="", cancel="")
        calls = [
            ("submit", body),
            ("prepare", body),
            ("abort", body),
            ("forceStop", {"gid": "$GID"}),
        ]
        calls += [("registerBranch", registration)] if self.mode in ("tcc", "xa") else []
        for path, sent in self.rng.sample(calls, self.rng.choice((1, 2))):
            self.post(path, sent)

    def submit_again(self, key, body):
        """While the branch of `key` is not done."""
        self.behaviours[key] = ["ongoing", "ok"]
        self.submitted_twice = True
        self.client.append({"await": "calls", "branch": key, "count": 1})
        self.post("submit", body)

    def force_stop(self, key):
        self.client.append({"await": "calls", "branch": key, "count": 1})
        self.post("forceStop", {"gid": "$GID"})


class Saga(Drawer):
    mode = "saga"

    def compose(self):
        self.count = self.rng.choice((1, 2, 2, 3, 3, 4, 5))
        self.failing = None
        concurrent = self.count > 1 and self.chance(45)
        custom = self.draw_custom(concurrent)
        ending = self.rng.choices(
            ("succeed", "fail", "time out", "retry limit", "force stop", "submit twice"),
            (40, 34, 7, 10, 5, 4),
        )[0]
        if concurrent:
            self.hold = True
            if self.slow:  # a second is not enough for many held answers
                self.noise_left = 1
            if ending == "fail":
                self.slow_left = 0  # the others would have to wait for it, and be slow too
        self.draw_steps()
        if not self.called() and ending in ("force stop", "submit twice"):
            ending = "succeed"
        self.draw_ending(ending)
        body = self.body(steps=self.steps, payloads=self.payloads, **self.options)
        if custom:
            body["custom_data"] = json.dumps(custom)
        if self.chance(30):
            body["protocol"] = self.rng.choice(("", "http"))
        if self.chance(10):
            self.post("prepare", body)
        self.post("submit", body)
        if ending == "submit twice":
            self.submit_again(self.stuck, body)
        if ending == "force stop":
            self.force_stop(self.stuck)
        self.afterwards(body)

    def draw_custom(self, concurrent):
        before = []
        if concurrent or self.chance(10):
            rank = list(range(self.count))
            if concurrent:
                self.rng.shuffle(rank)
            pairs = [(a, b) for a in rank for b in rank if rank.index(a) < rank.index(b)]
            before = [pair for pair in pairs if self.chance(30)]
        if concurrent:
            self.orders = [[f"{a + 1:02}", f"{b + 1:02}"] for a, b in before]
        orders = {}
        for a, b in before:
            orders.setdefault(str(b), []).append(a)
        if not concurrent and not orders:
            return None
        return {"concurrent": concurrent, "orders": orders or self.rng.choice(({}, None))}

    def draw_steps(self):
        self.steps, self.payloads = [], []
        for step in range(1, self.count + 1):
            action, compensate = self.url(f"{step}-do"), self.url(f"{step}-undo")
            self.steps.append(
                {
                    "action": "" if self.chance(7) else action,
                    "compensate": "" if self.chance(7) else compensate,
                }
            )
            self.payloads.append(self.rng.choice(PAYLOADS))

    def called(self):
        """The branch ids of the steps that have an action to call."""
        return [f"{i + 1:02}" for i, step in enumerate(self.steps) if step["action"]]

    def draw_ending(self, ending):
        called = self.called()
        self.stuck = self.rng.choice(called) + "/action" if called else None
        if not called:
            return
        if ending == "retry limit":
            self.draw_retry_limit()
            return
        for branch in called:
            self.behave(f"{branch}/action")
        if ending == "fail":
            self.behave(self.stuck, "failure")
            if self.hold and len(self.behaviours[self.stuck]) > 1:
                self.calm_down()  # who is repeated first is a matter of milliseconds
        if ending in ("time out", "force stop"):
            self.stay(self.stuck)
        if ending == "time out":
            self.options["timeout_to_fail"] = self.rng.choice((2, 3))
            self.calm_down()
        if ending in ("fail", "time out"):
            self.draw_compensations()

    def calm_down(self):
        """No step but the one that decides is to be repeated."""
        for key, told in self.behaviours.items():
            if key != self.stuck:
                told[:-1] = []

    def draw_retry_limit(self):
        """One counter for the whole saga: errors of one step only, more or fewer than allowed."""
        limit = self.options["retry_limit"] = self.rng.choice((1, 2, 3))
        kinds = ["ongoing", "error"]
        told = [self.rng.choice(behaviours.named(self.rng.choice(kinds))) for _ in range(limit)]
        if self.slow and self.chance(50):
            told[0] = self.rng.choice(("hang", "late"))
        if self.chance(50):
            self.behaviours[self.stuck] = [*told, self.rng.choice(("error", "ongoing"))]
            self.draw_compensations()
        else:
            self.behaviours[self.stuck] = [*told, "ok"]

    def draw_compensations(self):
        self.noise_left = 1
        for i, step in enumerate(self.steps):
            if step["compensate"]:
                self.behave(f"{i + 1:02}/compensate", kinds=("ongoing", "error", "failure"))


class Registered(Drawer):
    """TCC and XA: branches are registered between prepare and the end."""

    def compose(self):
        ending = self.rng.choices(
            ("submit", "abort", "time out", "submit twice", "abort twice", "force stop"),
            (44, 26, 14, 4, 6, 6),
        )[0]
        if ending == "time out":
            self.options["timeout_to_fail"] = self.rng.choice((2, 3))
        body = self.body(**self.options)
        self.post("prepare", body)
        if self.chance(15):
            self.post("prepare", body)
        self.branches = self.draw_branches()
        for branch_id in self.branches:
            self.register(branch_id)
        submits = ("submit", "submit twice", "force stop")
        op = self.forward if ending in submits else self.backward
        for branch_id in self.branches:
            self.behave(f"{branch_id}/{op}", kinds=("ongoing", "error", "failure"))
        last = f"{self.first_called()}/{op}" if self.branches else None
        if ending.endswith((" twice", " stop")) and not self.can_call(op):
            ending = "submit" if op == self.forward else "abort"
        if ending in submits:
            if ending == "force stop":
                self.stay(last)
            self.post("submit", body)
        if ending.startswith("abort"):
            body = dict(body, rollback_reason="no more money") if self.chance(60) else body
            if ending == "abort twice":
                self.behaviours[last] = ["ongoing", "ok"]
            self.post("abort", body)
        if ending == "abort twice":
            self.client.append({"await": "calls", "branch": last, "count": 1})
            self.post("abort", body)
        if ending == "submit twice":
            self.submit_again(last, body)
        if ending == "force stop":
            self.force_stop(last)
        self.afterwards(body)

    def draw_branches(self):
        drawn = []
        for top in range(1, 1 + self.rng.choice((0, 1, 1, 2, 2, 3))):
            drawn.append(f"{top:02}")
            if self.chance(20):
                drawn += [f"{top:02}{inner:02}" for inner in range(1, 1 + self.rng.choice((1, 2)))]
        return drawn


class Tcc(Registered):
    mode = "tcc"
    forward, backward = "confirm", "cancel"

    def first_called(self):
        return self.branches[-1]

    def can_call(self, op):
        return bool(self.branches) and bool(self.last[op])

    def register(self, branch_id):
        empty = self.chance(10)
        self.last = {
            "confirm": "" if empty else self.url(f"{branch_id}-confirm"),
            "cancel": "" if self.chance(10) else self.url(f"{branch_id}-cancel"),
        }
        sent = self.registration(branch_id, data=self.rng.choice(PAYLOADS), **self.last)
        path = self.rng.choice(("registerBranch", "registerBranch", "registerTccBranch"))
        self.post(path, sent)
        if self.chance(8):
            self.post(path, sent)
        if self.chance(8):
            self.post(path, {**sent, "data": "other data"})


class Xa(Registered):
    mode = "xa"
    forward, backward = "commit", "rollback"

    def first_called(self):
        return self.branches[0]

    def can_call(self, op):
        return bool(self.branches)

    def register(self, branch_id):
        sent = self.registration(branch_id, url=self.url(branch_id))
        path = self.rng.choice(("registerBranch", "registerBranch", "registerXaBranch"))
        self.post(path, sent)
        if self.chance(8):
            self.post(path, sent)


class Msg(Drawer):
    mode = "msg"

    def compose(self):
        self.json_rpc = self.chance(30)
        count = self.rng.choice((1, 1, 2, 2, 3, 4))
        body = self.body(
            steps=[self.step(i) for i in range(1, count + 1)],
            payloads=[
                self.rng.choice(OBJECTS if self.json_rpc else PAYLOADS) for _ in range(count)
            ],
            query_prepared="http://$P/$GID/check",
            **self.options,
        )
        if self.json_rpc:
            body["protocol"] = "json-rpc"
        if count > 1 and self.chance(25):
            body["concurrent"] = True
            self.orders = []
            self.hold = True
        if self.chance(12):
            body["custom_data"] = json.dumps({"delay": self.rng.choice((1, 2))})
        beginning = self.rng.choices(
            ("submit", "prepare and submit", "check back", "abort", "force stop", "submit twice"),
            (25, 30, 26, 8, 7, 4),
        )[0]
        self.begin(
            beginning, body, [i for i, step in enumerate(body["steps"], 1) if step["action"]]
        )
        self.afterwards(body)

    def step(self, number):
        if self.chance(7):
            return {"action": ""}
        if self.json_rpc and self.chance(75):
            return {"action": self.url(number, "?method=Pay")}
        return {"action": self.url(number)}

    def begin(self, beginning, body, called):
        if beginning in ("force stop", "submit twice") and not called:
            beginning = "submit"
        for number in called:
            self.behave_as_branch(number)
        if beginning == "check back":
            self.behave("00/msg", self.rng.choice(("ok", "ok", "failure")))
            body["timeout_to_fail"] = self.rng.choice((2, 3))
        if beginning in ("prepare and submit", "check back", "abort"):
            self.post("prepare", body)
        if beginning == "abort":
            self.post("abort", body)
        if "submit" in beginning or beginning == "force stop":
            self.post("submit", body)
        if beginning == "submit twice":
            self.submit_again(f"{self.rng.choice(called):02}/action", body)
        if beginning == "force stop":
            key = f"{called[0]:02}/action"
            self.stay(key)
            self.force_stop(key)

    def behave_as_branch(self, number):
        key = f"{number:02}/action"
        self.behave(key, kinds=("ongoing", "error", "failure"))
        if self.json_rpc:  # the kinds that its envelope knows, and what plain HTTP can do to it
            told = self.behaviours[key]
            known = (*behaviours.JSON_RPC_ERRORS, "hang", "late")
            kinds = [behaviours.PLAIN[name].kind for name in told]
            self.behaviours[key] = [kind if kind in known else "error" for kind in kinds]


DRAWERS = {drawer.mode: drawer for drawer in (Saga, Tcc, Xa, Msg)}
