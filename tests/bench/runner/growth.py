"""How a server does the more finished transactions it keeps: an empty store and a growing one."""

import os
import time

from runner import processes, report, sections
from runner.failure import BenchFailure

FILL_CLIENTS = 400
FILL_PIECE_SECONDS = 30  # between two words about how far it is
FIRST_PIECE_SECONDS = 2  # how fast it goes is not known yet
SETTLE_SECONDS = 5  # for what the store does in the background after a fill


class Growing:
    """One sagad with a store that only grows."""

    def __init__(self, bench, binary, arguments):
        self.bench = bench
        self.server = processes.Sagad("grown", bench.root, bench.store, binary, arguments)
        self.server.prepare()
        self.finished = 0  # by those processes that have ended
        self.start_seconds = 0

    def start(self):
        began = time.monotonic()
        self.server.start_again()
        self.start_seconds = time.monotonic() - began

    def ended(self):
        """Finished transactions in the store, while it runs."""
        return self.finished + self.server.metric("saga_transactions_total")

    def halt(self):
        if self.server.process is not None:
            self.finished = self.ended()
            self.server.halt()

    def fill(self, goal):
        """Runs the load itself, over HTTP with many clients, until so many have ended."""
        self.start()
        began, before = time.monotonic(), self.ended()
        seconds = FIRST_PIECE_SECONDS
        while self.ended() < goal:
            found = self.ended()
            command = sections.load_command(
                self.bench, self.server, FILL_CLIENTS, seconds, 0, protocol="http"
            )
            processes.measure(command)
            if self.ended() == found:
                raise BenchFailure(f"nothing ends any more; {self.server.log} says why")
            rate = (self.ended() - before) / (time.monotonic() - began)
            seconds = min(FILL_PIECE_SECONDS, max(0.1, (goal - self.ended()) / rate))
            self.bench.say(f"  filling  {self.ended()} of {goal}, {rate:.0f}/s")
        self.halt()
        time.sleep(SETTLE_SECONDS)


def grow(bench, binary, arguments):
    """At each number of finished transactions: rounds of an empty store and the grown one in turns."""
    empty = processes.Sagad("empty", bench.root, bench.store, binary, arguments)
    growing = Growing(bench, binary, arguments)
    points = []
    try:
        for goal in bench.options.grow:
            growing.fill(goal)
            points.append(_measure_point(bench, empty, growing, goal))
    finally:
        empty.stop()
        growing.server.stop()
    return points


def _measure_point(bench, empty, growing, goal):
    runs, starts = [], []
    at_first = growing.finished
    for round_number in range(1, bench.options.rounds + 1):
        turns = ["empty", "grown"]
        for system in turns if round_number % 2 else reversed(turns):
            disk = sections.probe_disk(bench)
            calls = bench.participant.calls()
            if system == "empty":
                empty.start()
                found = _load(bench, empty)
                empty.stop()
            else:
                growing.start()
                found = _load(bench, growing.server)
                growing.halt()
                starts.append(growing.start_seconds)
            runs.append(
                {
                    "round": round_number,
                    "clients": _clients(bench),
                    "system": system,
                    "report": found,
                    "disk": disk,
                    "branch_calls": bench.participant.calls() - calls,
                    "load_average": os.getloadavg()[0],
                }
            )
            bench.say(
                f"  round {round_number}  {system:6s} {found['per_second']:8.0f}/s"
                f"  p99 {found['latency_ms']['p99']:7.2f} ms"
                f"  disk {disk['appends_per_second']:.0f}/s"
            )
    return {
        "goal": goal,
        "finished": at_first,
        "finished_at_last": growing.finished,
        "start_seconds": starts,
        "stored_bytes": growing.server.stored_bytes(),
        "runs": runs,
        "ratios": report.ratios(runs, "grown", "empty"),
    }


def _clients(bench):
    return max(bench.options.clients)


def _load(bench, server):
    options = bench.options
    command = sections.load_command(
        bench, server, _clients(bench), options.seconds, options.warmup
    )
    return processes.measure(command)
