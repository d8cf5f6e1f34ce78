"""What is measured: load, sick, orphans, idle. Each returns plain data for the report."""

import os
import shlex
import time

from runner import processes
from runner.failure import BenchFailure

DISK_PROBE_SECONDS = 0.3
SETTLE_SECONDS = 2
FALLBACK_WARMUP = 6  # the breaker has to open first


def load_command(bench, server, clients, seconds, warmup, protocol=None):
    """A load of the mode that is measured; over its protocol unless another is given."""
    options = bench.options
    protocol = protocol or options.protocol
    command = [
        bench.sagabench,
        "load",
        "--json",
        "--participant",
        bench.participant.address(protocol),
        "--protocol",
        protocol,
        "--mode",
        options.mode,
        "--clients",
        str(clients),
        "--seconds",
        str(seconds),
        "--warmup",
        str(warmup),
        "--channels",
        str(options.channels),
        "--database-pid",
        str(bench.store.process_id),
    ]
    for address in server.addresses(protocol):
        command += ["--target", address]
    for process_id in server.process_ids():
        command += ["--server-pid", str(process_id)]
    command += ["--random-gids"] if options.gids == "random" else []
    return command + (["--no-wait-result"] if options.no_wait_result else [])


def probe_disk(bench):
    return processes.measure(
        [
            bench.sagabench,
            "disk",
            "--json",
            "--dir",
            bench.root,
            "--seconds",
            str(DISK_PROBE_SECONDS),
        ]
    )


def park(bench, server, sick):
    """Leaves sagas with the server whose participant `sick` never answers."""
    parked = processes.measure(
        [
            bench.sagabench,
            "park",
            "--json",
            "--target",
            server.address(bench.options.protocol),
            "--participant",
            sick.address(bench.options.protocol),
            "--protocol",
            bench.options.protocol,
            "--count",
            str(bench.options.sick_count),
        ]
    )
    if parked["acknowledged"] != bench.options.sick_count:
        raise BenchFailure(f"{server.name} took {parked['acknowledged']} of the sagas to park")


def beside_parked(bench, server):
    """What a server is called when sagas are parked with it."""
    return f"{server.name} and {bench.options.sick_count} parked"


def _measure_once(bench, server, clients, round_number, sick=None):
    disk = probe_disk(bench)
    calls_before = bench.participant.calls()
    sick_before = sick.calls() if sick else 0
    name = beside_parked(bench, server) if sick else server.name
    server.start()
    try:
        if sick:
            park(bench, server, sick)
        report = processes.measure(
            load_command(bench, server, clients, bench.options.seconds, bench.options.warmup)
        )
        if server.name not in bench.versions and type(server) is processes.Sagad:
            bench.versions[server.name] = server.version()
    finally:
        server.stop()
    calls = bench.participant.calls() - calls_before
    sick_calls = sick.calls() - sick_before if sick else 0
    if sick and sick_calls == 0:
        raise BenchFailure("nobody called the sick participant: nothing was in the way")
    bench.say(
        f"  round {round_number}  {clients:3d} clients  {name:22s}"
        f" {report['per_second']:8.0f}/s  p99 {report['latency_ms']['p99']:7.2f} ms"
        f"  cpu {report['server_cpu_ms_per_transaction']:.3f} ms"
        f"  disk {disk['appends_per_second']:.0f}/s"
    )
    return {
        "round": round_number,
        "clients": clients,
        "system": name,
        "report": report,
        "disk": disk,
        "branch_calls": calls,
        "sick_calls": sick_calls,
        "load_average": os.getloadavg()[0],
    }


def load(bench, servers):
    """Every server at every number of clients, in every round; the order turns with the round."""
    runs = []
    for round_number in range(1, bench.options.rounds + 1):
        for clients in bench.options.clients:
            turn = round_number % len(servers)
            for server in servers[turn:] + servers[:turn]:
                runs.append(_measure_once(bench, server, clients, round_number))
    return runs


def _real_servers(bench):
    """Those that can be asked for more than a load: not the ceiling, nor several nodes as one."""
    single = [server for server in bench.servers if not isinstance(server, processes.Nodes)]
    return [server for server in single if server.name != "ceiling"]


def sick(bench):
    """Each server alone and beside parked sagas, in turns; who begins changes with the round."""
    runs = []
    participant = processes.Participant(bench.sagabench)
    try:
        for round_number in range(1, bench.options.rounds + 1):
            for clients in bench.options.clients:
                for server in _real_servers(bench):
                    turns = [None, participant]
                    for turn in turns if round_number % 2 else reversed(turns):
                        runs.append(_measure_once(bench, server, clients, round_number, turn))
    finally:
        participant.close()
    return runs


def sick_pairs(bench):
    """What is to be compared: (beside parked sagas, alone)."""
    return [(beside_parked(bench, server), server.name) for server in _real_servers(bench)]


def fallback(bench):
    """Every branch goes over Kafka: the participant's address answers nobody."""
    runs = []
    for round_number in range(1, bench.options.rounds + 1):
        for clients in bench.options.clients:
            runs.append(_fallback_once(bench, clients, round_number))
    return runs


def _fallback_once(bench, clients, round_number):
    server = bench.with_kafka
    disk = probe_disk(bench)
    server.start()
    intake = None
    try:
        name = f"bench-{os.getpid()}-{round_number}-{clients}"
        intake = processes.Intake(bench.sagabench, server, bench.broker, name)
        command = load_command(bench, server, clients, bench.options.seconds, FALLBACK_WARMUP)
        command[command.index("--participant") + 1] = intake.instance
        report = processes.measure(command)
        by_fallback = server.metric("saga_lane_fallback_total")
    finally:
        if intake:
            intake.close()
        server.stop()
    if by_fallback == 0:
        raise BenchFailure("nothing went over Kafka: not the fallback was measured")
    bench.say(
        f"  round {round_number}  {clients:3d} clients  over Kafka"
        f" {2 * report['per_second']:8.0f} branch commands/s"
        f"  p99 {report['latency_ms']['p99']:7.2f} ms  disk {disk['appends_per_second']:.0f}/s"
    )
    return {"round": round_number, "clients": clients, "report": report, "by_fallback": by_fallback}


def orphans(bench):
    """kill -9 with sagas under way, several rounds, each on an empty store."""
    results = []
    parked = processes.Participant(bench.sagabench) if bench.options.parked else None
    try:
        for round_number in range(1, bench.options.rounds + 1):
            for server in _real_servers(bench):
                results.append(_orphans_once(bench, server, parked, round_number))
    finally:
        if parked:
            parked.close()
    return results


def _orphans_once(bench, server, parked, round_number):
    options = bench.options
    server.prepare()
    command = [
        bench.sagabench,
        "orphans",
        "--json",
        "--server",
        shlex.join(server.command()),
        "--directory",
        server.directory,
        "--log",
        server.log,
        "--target",
        server.address(options.protocol),
        "--server-http",
        server.http,
        "--participant",
        bench.participant.address(options.protocol),
        "--participant-control",
        bench.participant.http,
        "--protocol",
        options.protocol,
        "--count",
        str(options.orphan_count),
        "--patience",
        str(options.patience),
    ]
    if parked:
        command += [
            "--parked",
            str(options.parked),
            "--parked-participant",
            parked.address(options.protocol),
        ]
    for name, value in server.environment().items():
        command += ["--env", f"{name}={value}"]
    try:
        report = processes.measure(command)
    finally:
        processes.http_get(bench.participant.http, "/delay?ms=0")
        server.stop()
    ended = "never" if report["unfinished"] else f"{report['all_final_seconds']:.2f} s"
    bench.say(f"  round {round_number}  orphans  {server.name:10s} all ended after {ended}")
    return {"round": round_number, "system": server.name, "report": report}


def idle(bench):
    """Each server fresh, and once more after a load at 50 clients."""
    results = []
    for server in _real_servers(bench):
        server.start()
        try:
            for state in ("fresh", "after load"):
                if state == "after load":
                    processes.measure(load_command(bench, server, 50, 3, 0))
                time.sleep(SETTLE_SECONDS)
                report = processes.measure(
                    [
                        bench.sagabench,
                        "idle",
                        "--json",
                        "--pid",
                        str(server.process.pid),
                        "--seconds",
                        str(bench.options.idle_seconds),
                    ]
                )
                results.append({"system": server.name, "state": state, "report": report})
                bench.say(f"  idle  {server.name:10s} {state}: cpu {report['cpu_percent']:.3f} %")
        finally:
            server.stop()
    return results
