"""Transactions, each with its fate: how far it comes before the move, and how it has to end.

A plan plays the client's part with raw requests: fill() before the first server is stopped,
resume() when the next one is there. Its branches move amounts that add up to nothing between
accounts.
"""

import base64
import json
import time

from participants import Mood

STEPS = 3
SHORT_SECONDS = 6  # a timeout that comes before or after the move, as it happens
LONG_SECONDS = 900  # one that does not come
DELAY_SECONDS = 25
SICK = ("down", "ongoing", "error", "hang", "lost")


class Refused(Exception):
    """The server did not do what a client may ask of it."""


class Plan:
    """One transaction. `stage` has api(path, body), participants, ledger and query(gid)."""

    mode = ""
    DO, UNDO = "action", "compensate"

    def __init__(self, stage, gid, fate, number):
        self.stage, self.gid, self.fate = stage, gid, fate
        self.number = number
        self.ends = "succeed"
        self.awaited = None  # what has to have happened before the move: a status, or a key
        self.frozen = False  # was ended by force: what it left is nobody's
        self.amounts = [5 + number % 7, -2, -(3 + number % 7)]
        self.moods = {}

    def mood(self, branch, op, sick, then="ok"):
        self.moods[branch, op] = (sick, then)
        self.stage.participants.expect(self.gid, branch, op, Mood(sick, then))

    def stuck(self, branch, op, sick, then="ok"):
        """The branch does not come further before the participants are healed."""
        self.mood(branch, op, sick, then)
        if sick != "down":
            self.awaited = (branch, op)

    def url(self, branch, *ops):
        """Where the branch is called: by how it feels about these operations."""
        sick = [self.moods[branch, op][0] for op in ops if (branch, op) in self.moods]
        sick += [self.moods[branch, op][1] for op in ops if (branch, op) in self.moods]
        if "down" in sick:
            address = self.stage.participants.down
        else:
            address = self.stage.participants.sick if sick else self.stage.participants.healthy
        return f"{address}/{self.mode}/{branch}"

    def body(self, **more):
        return {"gid": self.gid, "trans_type": self.mode, **more}

    def ask(self, path, body):
        status, text = self.stage.api(path, body)
        if status != 200:
            raise Refused(f"{self.gid}: {path} is answered {status} {text}")
        return json.loads(text)

    def options(self):
        protocol = ("http", "http", "grpc", "json-rpc")[self.number % 4]
        if protocol == "json-rpc" and self.mode not in ("saga", "msg"):
            protocol = "http"
        return {
            "retry_interval": 1,
            "request_timeout": 1,
            "branch_headers": {"test-number": str(self.number)},
            "protocol": protocol,
        }

    def come_far_enough(self):
        if self.awaited is None:
            return True
        if isinstance(self.awaited, str):
            return self.stage.query(self.gid)["transaction"]["status"] == self.awaited
        return self.stage.called(self.gid, *self.awaited)

    def branches(self):
        return [f"{i + 1:02d}" for i in range(len(self.amounts))]

    def resume(self):
        """What the client does when the next server is there."""

    def wrong(self, status):
        """What is not as it has to be in the end, as texts."""
        found = [] if status == self.ends else [f"is {status}, not {self.ends}"]
        if self.frozen:
            return found
        did = lambda branch, op: self.stage.ledger.applied(self.gid, branch, op)
        for branch in self.branches():
            if self.ends == "succeed":
                if not did(branch, self.DO):
                    found.append(f"{branch} was not done")
                if did(branch, self.UNDO):
                    found.append(f"{branch} was undone")
            elif did(branch, self.DO) and not did(branch, self.UNDO):
                found.append(f"{branch} was done and not undone")
        return found

    def moved(self):
        """What the accounts of its branches got, by what was applied."""
        did = lambda branch, op: self.stage.ledger.applied(self.gid, branch, op)
        return [
            amount * (did(branch, self.DO) - (did(branch, self.DO) and did(branch, self.UNDO)))
            for branch, amount in zip(self.branches(), self.amounts)
        ]


class Saga(Plan):
    mode = "saga"
    FATES = (
        ["ended", "undone", "stopped", "limit", "submitted-later", "burst", "burst-undone", "timeout"]
        + [f"stuck-{sick}" for sick in SICK]
        + ["fails-later-ongoing", "fails-later-error", "fails-later-down"]
        + [f"undoing-{sick}" for sick in SICK]
        + ["concurrent-ended", "concurrent-stuck-ongoing", "concurrent-stuck-down"]
        + ["concurrent-stuck-error", "concurrent-undoing-error", "concurrent-burst"]
        + ["concurrent-fails-later-ongoing", "concurrent-timeout"]
    )

    def fill(self):
        fate = self.fate.removeprefix("concurrent-")
        kind, _, sick = fate.rpartition("-")
        more = self.options()
        custom = {}
        if fate != self.fate:
            custom = {"concurrent": True, "orders": {"2": [0, 1]}}
        if fate == "ended":
            self.awaited = "succeed"
        elif fate == "undone":
            self.fail_at_once("03")
        elif fate == "stopped":
            self.stuck("01", "action", "ongoing", "failure")
            self.ends, self.frozen = "failed", True
        elif fate == "limit":
            self.mood("02", "action", "error", "error")
            more["retry_limit"] = 2
            self.ends = self.awaited = "failed"
        elif fate in ("burst", "burst-undone"):
            for branch in self.branches():
                self.mood(branch, "action", "slow")
                self.mood(branch, "compensate", "slow")
            if fate == "burst-undone":
                self.mood("03", "action", "failure", "failure")
                self.ends = "failed"
        elif fate == "timeout":
            self.stuck("02", "action", "ongoing", "ongoing")
            more["timeout_to_fail"] = SHORT_SECONDS
            self.ends = "failed"
        elif kind == "stuck":
            self.stuck("02", "action", sick)
        elif kind == "fails-later":
            self.stuck("02", "action", sick, "failure")
            self.ends = "failed"
        elif kind == "undoing":
            self.mood("03", "action", "failure", "failure")
            self.stuck("01", "compensate", sick)
            self.ends = "failed"
            if sick == "down":
                self.awaited = "aborting"
        self.submit = self.body(
            steps=[
                {
                    "action": self.url(branch, "action") + self.method(more),
                    "compensate": self.url(branch, "compensate") + self.method(more),
                }
                for branch in self.branches()
            ],
            payloads=[json.dumps({"amount": amount}) for amount in self.amounts],
            custom_data=json.dumps(custom) if custom else "",
            **more,
        )
        self.ask("prepare" if fate == "submitted-later" else "submit", self.submit)
        if fate == "stopped":
            self.stage.await_call(self.gid, "01", "action")
            self.ask("forceStop", {"gid": self.gid})

    def fail_at_once(self, branch):
        self.mood(branch, "action", "failure", "failure")
        self.ends = self.awaited = "failed"

    @staticmethod
    def method(more):
        return "?method=work" if more["protocol"] == "json-rpc" else ""

    def resume(self):
        if self.fate == "submitted-later":
            self.ask("submit", self.submit)


class Msg(Plan):
    mode = "msg"
    FATES = (
        ["ended", "delayed", "decided-later", "aborted-later", "aborted", "burst", "concurrent-burst"]
        + [f"stuck-{sick}" for sick in (*SICK, "failure")]
        + ["concurrent-stuck-ongoing", "concurrent-stuck-down", "concurrent-ended"]
        + ["confirmed-ongoing", "confirmed-down", "confirmed-error", "denied-ongoing", "denied-down"]
    )

    def fill(self):
        fate = self.fate.removeprefix("concurrent-")
        kind, _, sick = fate.rpartition("-")
        more = self.options()
        more["timeout_to_fail"] = LONG_SECONDS
        if fate != self.fate:
            more["concurrent"] = True
        if fate == "ended":
            self.awaited = "succeed"
        elif fate == "delayed":
            more["custom_data"] = json.dumps({"delay": DELAY_SECONDS})
        elif fate in ("aborted", "aborted-later"):
            self.ends = "failed"
        elif fate == "burst":
            for branch in self.branches():
                self.mood(branch, "action", "slow")
        elif kind == "stuck":
            self.stuck("02", "action", sick)
        elif kind in ("confirmed", "denied"):
            more["timeout_to_fail"] = 1
            self.mood("00", "msg", sick, "ok" if kind == "confirmed" else "failure")
            self.ends = "succeed" if kind == "confirmed" else "failed"
        self.submit = self.body(
            steps=[{"action": self.url(branch, "action") + Saga.method(more)} for branch in self.branches()],
            payloads=[json.dumps({"amount": amount}) for amount in self.amounts],
            query_prepared=self.url("00", "msg"),
            **more,
        )
        self.submitted = time.time()
        self.ask("prepare", self.submit)
        if fate == "aborted":
            self.ask("abort", self.body())
        elif kind not in ("confirmed", "denied") and not fate.endswith("-later"):
            self.ask("submit", self.submit)

    def resume(self):
        if self.fate == "decided-later":
            self.ask("submit", self.submit)
        elif self.fate == "aborted-later":
            self.ask("abort", self.body())

    def wrong(self, status):
        found = super().wrong(status)
        if self.fate == "delayed":
            first = min(call.at for call in self.stage.ledger.calls() if call.gid == self.gid)
            # Counted from a whole second.
            if first - self.submitted < DELAY_SECONDS - 1:
                found.append(f"came {first - self.submitted:.1f} s after its submit")
        return found


class Tcc(Plan):
    mode = "tcc"
    DO, UNDO = "confirm", "cancel"
    TRY = "try"
    FATES = (
        ["ended", "undone", "burst", "undecided", "decided-later", "aborted-later", "continued"]
        + [f"confirming-{sick}" for sick in SICK]
        + [f"cancelling-{sick}" for sick in SICK]
        + ["undecided-ongoing"]
    )
    PREFIX = {"confirming": "confirm", "cancelling": "cancel", "undecided": "cancel"}

    def fill(self):
        kind, _, sick = self.fate.rpartition("-")
        self.registered = []
        more = self.options()
        more["timeout_to_fail"] = SHORT_SECONDS if "undecided" in self.fate else LONG_SECONDS
        if self.fate == "ended":
            self.awaited = "succeed"
        elif self.fate == "undone":
            self.ends = self.awaited = "failed"
        elif self.fate == "burst":
            for branch in self.branches():
                self.mood(branch, self.DO, "slow")
        elif kind in self.PREFIX and sick:
            # The second of three in either order, so that one is done before and one after it.
            op = self.DO if kind == "confirming" else self.UNDO
            self.mood("02", op, sick)
            if kind != "undecided" and sick != "down":
                self.awaited = ("02", op)
        if kind in ("cancelling", "undecided") or self.fate in ("undecided", "aborted-later"):
            self.ends = "failed"
        self.ask("prepare", self.body(**more))
        for branch in self.branches()[: 2 if self.fate == "continued" else 3]:
            self.register(branch)
        if self.fate in ("ended", "burst") or kind == "confirming":
            self.ask("submit", self.body(**more))
        elif self.fate == "undone" or kind == "cancelling":
            self.ask("abort", self.body(rollback_reason="no more of this", **more))

    def register(self, branch):
        self.ask(
            "registerBranch",
            {
                "gid": self.gid,
                "trans_type": self.mode,
                "branch_id": branch,
                "data": json.dumps({"amount": 1}),
                "confirm": self.url(branch, "confirm"),
                "cancel": self.url(branch, "cancel"),
            },
        )
        self.stage.ledger.do(self.gid, branch, "try")

    def resume(self):
        if self.fate == "continued":
            self.register("03")
        if self.fate in ("decided-later", "continued"):
            self.ask("submit", self.body())
        elif self.fate == "aborted-later":
            self.ask("abort", self.body())

    def wrong(self, status):
        found = super().wrong(status)
        did = lambda branch, op: self.stage.ledger.applied(self.gid, branch, op)
        for branch in self.branches():
            if self.ends == "failed" and not did(branch, self.UNDO):
                found.append(f"{branch} was not given back")
        return found

    def moved(self):
        did = lambda branch, op: self.stage.ledger.applied(self.gid, branch, op)
        return [
            amount * did(branch, self.DO) for branch, amount in zip(self.branches(), self.amounts)
        ]


class Xa(Tcc):
    mode = "xa"
    DO, UNDO = "commit", "rollback"
    TRY = "action"

    def register(self, branch):
        self.ask(
            "registerBranch",
            {
                "gid": self.gid,
                "trans_type": self.mode,
                "branch_id": branch,
                "url": self.url(branch, "commit", "rollback"),
            },
        )
        self.stage.ledger.do(self.gid, branch, "action")


class Workflow(Plan):
    mode = "workflow"
    UNDO = "rollback"
    FATES = (
        ["ended", "undone"]
        + ["stuck-ongoing", "stuck-error", "fails-later-ongoing", "undoing-error", "undoing-ongoing"]
    )

    def fill(self):
        kind, _, sick = self.fate.rpartition("-")
        if self.fate == "ended":
            self.awaited = "succeed"
        elif self.fate == "undone":
            self.mood("03", "action", "failure", "failure")
            self.ends = self.awaited = "failed"
        elif kind == "stuck":
            self.stuck("02", "action", sick)
        elif kind == "fails-later":
            self.stuck("02", "action", sick, "failure")
            self.ends = "failed"
        elif kind == "undoing":
            self.mood("03", "action", "failure", "failure")
            self.stuck("01", "rollback", sick)
            self.ends = "failed"
        self.stage.participants.expect_workflow(self.gid, self.run)
        self.run()

    def run(self):
        """As the client library does: what is known of is not done again."""
        data = base64.b64encode(json.dumps(self.amounts).encode()).decode()
        known = self.ask(
            "prepareWorkflow",
            self.body(
                query_prepared=f"{self.stage.participants.healthy}/workflow",
                protocol="http",
                custom_data=json.dumps({"name": "move", "data": data}),
            ),
        )
        if known["transaction"]["status"] != "prepared":
            return
        told = {(row["branch_id"], row["op"]): row["status"] for row in known["progresses"]}
        done, failed = [], False
        for branch in self.branches():
            outcome = self.step(told, branch, "action")
            if outcome is None:
                return
            if outcome == "failed":
                failed = True
                break
            done.append(branch)
        if failed:
            for branch in reversed(done):
                if self.step(told, branch, "rollback") is None:
                    return
        result = {"status": "failed" if failed else "succeed"}
        if failed:
            result["rollback_reason"] = "a step failed"
        else:
            result["result"] = base64.b64encode(b"moved").decode()
        # Another run of it may have been first.
        self.stage.api("submit", self.body(req_extra=result))

    def step(self, told, branch, op):
        """The status of the step; None when it is not known yet."""
        if (branch, op) in told:
            return told[branch, op]
        answer = self.stage.participants.answer(self.gid, branch, op)
        if answer not in ("ok", "failure"):
            return None
        status = "succeed" if answer == "ok" else "failed"
        row = {"gid": self.gid, "trans_type": self.mode, "branch_id": branch, "op": op}
        self.stage.api("registerBranch", {**row, "status": status, "data": "done", "sync": "1"})
        return status


MODES = (Saga, Msg, Tcc, Xa, Workflow)


def draw(stage, count, run):
    """`count` plans, every fate of every mode among them when there are enough."""
    kinds = [(mode, fate) for mode in MODES for fate in mode.FATES]
    return [
        kinds[i % len(kinds)][0](stage, f"{kinds[i % len(kinds)][0].mode}-{run}-{i}", kinds[i % len(kinds)][1], i)
        for i in range(count)
    ]


def kinds():
    return sum(len(mode.FATES) for mode in MODES)
