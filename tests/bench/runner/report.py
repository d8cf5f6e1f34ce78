"""Medians, ratios and tables from what the sections returned."""

import statistics


def _spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _figure(report, name):
    return report["latency_ms"][name] if name in report["latency_ms"] else report[name]


FIGURES = (
    "per_second",
    "p50",
    "p90",
    "p99",
    "p999",
    "max",
    "server_cpu_ms_per_transaction",
    "database_cpu_ms_per_transaction",
    "server_rss_kib",
    "client_cpu_ms_per_transaction",
)


RATIOS = (
    "per_second",
    "p99",
    "server_cpu_ms_per_transaction",
    "database_cpu_ms_per_transaction",
)


def summarise(runs, systems, branches_per_transaction):
    """One row for each number of clients and system, the systems in the given order."""
    rows = []
    for clients in dict.fromkeys(run["clients"] for run in runs):
        for system in systems:
            mine = [run for run in runs if run["clients"] == clients and run["system"] == system]
            row = {
                "clients": clients,
                "system": system,
                "failed": sum(run["report"]["failed"] for run in mine),
                "errors": sum(run["report"]["errors"] for run in mine),
                "branches_missing": any(
                    run["branch_calls"] < branches_per_transaction * run["report"]["ok"]
                    for run in mine
                ),
                "disk_appends_per_second": _spread(
                    [run["disk"]["appends_per_second"] for run in mine]
                ),
            }
            for name in FIGURES:
                row[name] = _spread([_figure(run["report"], name) for run in mine])
            rows.append(row)
    return rows


def ratios(runs, system, against):
    """Of each round the one over the other, then the median: both met the same disk and noise."""
    rows = []
    for clients in dict.fromkeys(run["clients"] for run in runs):
        row = {"clients": clients, "system": system, "against": against}
        for name in RATIOS:
            values = []
            for run in runs:
                if run["clients"] != clients or run["system"] != system:
                    continue
                other = next(
                    o
                    for o in runs
                    if o["clients"] == clients
                    and o["system"] == against
                    and o["round"] == run["round"]
                )
                below = _figure(other["report"], name)
                if below:
                    values.append(_figure(run["report"], name) / below)
            if values:
                row[name] = _spread(values)
        rows.append(row)
    return rows


def _table(header, rows):
    widths = [max(len(str(row[i])) for row in [header] + rows) for i in range(len(header))]
    lines = []
    for number, row in enumerate([header] + rows):
        lines.append(
            "| " + " | ".join(str(cell).rjust(width) for cell, width in zip(row, widths)) + " |"
        )
        if number == 0:
            lines.append("|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|")
    return "\n".join(lines)


def _without_database(header, rows, used):
    """Leaves out the columns about a database when there is none."""
    if used:
        return header, rows
    kept = [index for index, name in enumerate(header) if not name.startswith("database")]
    return [header[i] for i in kept], [[row[i] for i in kept] for row in rows]


def _with_spread(spread, digits):
    return f"{spread['median']:.{digits}f} ({spread['min']:.{digits}f}-{spread['max']:.{digits}f})"


def load_table(rows):
    cells = []
    for row in rows:
        note = (
            ""
            if not (row["failed"] or row["errors"])
            else f"{row['failed']} failed, {row['errors']} errors"
        )
        if row["branches_missing"]:
            note += " BRANCHES NOT CALLED"
        cells.append(
            [
                row["clients"],
                row["system"],
                _with_spread(row["per_second"], 0),
                f"{row['p50']['median']:.2f}",
                f"{row['p99']['median']:.2f}",
                f"{row['p999']['median']:.2f}",
                f"{row['server_cpu_ms_per_transaction']['median']:.3f}",
                f"{row['database_cpu_ms_per_transaction']['median']:.3f}",
                f"{row['server_rss_kib']['median'] / 1024:.0f}",
                _with_spread(row["disk_appends_per_second"], 0),
                note,
            ]
        )
    header = [
        "clients",
        "system",
        "tx/s, median (min-max)",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "server cpu ms/tx",
        "database cpu ms/tx",
        "RSS MiB",
        "disk syncs/s",
        "note",
    ]
    used = any(row["database_cpu_ms_per_transaction"]["max"] > 0 for row in rows)
    return _table(*_without_database(header, cells, used))


def ratio_table(rows):
    cells = [
        [row["clients"], f"{row['system']} / {row['against']}"]
        + [_with_spread(row[name], 2) if name in row else "-" for name in RATIOS]
        for row in rows
    ]
    header = ["clients", "ratio, median (min-max)", "throughput", "p99", "server cpu per tx"]
    header.append("database cpu per tx")
    used = any("database_cpu_ms_per_transaction" in row for row in rows)
    return _table(*_without_database(header, cells, used))


def growth_table(points):
    """One row for each number of finished transactions; the bar is the throughput."""
    rates = [
        _spread([run["report"]["per_second"] for run in point["runs"] if run["system"] == system])
        for point in points
        for system in ("empty", "grown")
    ]
    highest = max(rate["median"] for rate in rates) or 1
    cells = []
    for number, point in enumerate(points):
        empty, grown = rates[2 * number], rates[2 * number + 1]
        mine = [run["report"] for run in point["runs"] if run["system"] == "grown"]
        ratio = point["ratios"][0]
        cells.append(
            [
                f"{point['finished']:,}",
                _with_spread(grown, 0),
                _with_spread(empty, 0),
                _with_spread(ratio["per_second"], 2) if "per_second" in ratio else "-",
                f"{statistics.median(r['latency_ms']['p99'] for r in mine):.2f}",
                _with_spread(ratio["p99"], 2) if "p99" in ratio else "-",
                f"{statistics.median(r['server_cpu_ms_per_transaction'] for r in mine):.3f}",
                f"{statistics.median(r['database_cpu_ms_per_transaction'] for r in mine):.3f}",
                f"{statistics.median(point['start_seconds']):.2f}",
                f"{point['stored_bytes'] / 2**20:.0f}",
                "#" * round(20 * grown["median"] / highest),
                _troubles([run["report"] for run in point["runs"]]),
            ]
        )
    header = [
        "finished",
        "tx/s, median (min-max)",
        "empty store",
        "throughput / empty",
        "p99 ms",
        "p99 / empty",
        "server cpu ms/tx",
        "database cpu ms/tx",
        "start s",
        "store MiB",
        "tx/s",
        "note",
    ]
    reports = [run["report"] for point in points for run in point["runs"]]
    used = any(one["database_cpu_ms_per_transaction"] > 0 for one in reports)
    return _table(*_without_database(header, cells, used))


def _troubles(reports):
    failed, errors = (sum(report[name] for report in reports) for name in ("failed", "errors"))
    return f"{failed} failed, {errors} errors" if failed or errors else ""


def fallback_table(results):
    cells = []
    for clients in dict.fromkeys(result["clients"] for result in results):
        mine = [result["report"] for result in results if result["clients"] == clients]
        cells.append(
            [
                clients,
                _with_spread(_spread([2 * r["per_second"] for r in mine]), 0),
                _with_spread(_spread([r["latency_ms"]["p50"] for r in mine]), 1),
                _with_spread(_spread([r["latency_ms"]["p99"] for r in mine]), 1),
            ]
        )
    return _table(["clients", "commands/s", "saga p50 ms", "saga p99 ms"], cells)


def orphans_table(results):
    cells = []
    for system in dict.fromkeys(result["system"] for result in results):
        mine = [result["report"] for result in results if result["system"] == system]
        unfinished = sum(report["unfinished"] for report in mine)
        cells.append(
            [
                system,
                mine[0]["acknowledged"],
                _with_spread(_spread([r["ready_seconds"] for r in mine]), 3),
                (
                    _with_spread(_spread([r["half_final_seconds"] for r in mine]), 2)
                    if all(r["half_final_seconds"] for r in mine)
                    else "never"
                ),
                (
                    f"never ({unfinished} left)"
                    if unfinished
                    else _with_spread(_spread([r["all_final_seconds"] for r in mine]), 2)
                ),
                sum(r["succeeded"] for r in mine),
                sum(r["failed"] for r in mine),
            ]
        )
    return _table(
        ["system", "orphans", "ready s", "half ended s", "all ended s", "succeeded", "failed"],
        cells,
    )


def idle_table(results):
    cells = [
        [
            result["system"],
            result["state"],
            f"{result['report']['cpu_percent']:.3f}",
            f"{result['report']['rss_kib'] / 1024:.1f}",
            f"{result['report']['switches_per_second']:.1f}",
            f"{result['report']['reads_per_second']:.1f}",
            f"{result['report']['writes_per_second']:.1f}",
            result["report"]["written_bytes"],
        ]
        for result in results
    ]
    return _table(
        [
            "system",
            "state",
            "cpu %",
            "RSS MiB",
            "switches/s",
            "reads/s",
            "writes/s",
            "bytes written",
        ],
        cells,
    )
