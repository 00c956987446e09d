"""What capture costs the inserting transaction, beside no trigger and beside the same in PL/pgSQL.

All variants of a case run one after the other in each round, in changing order; ratios are taken within a round. A run
counts only when the variant is shown to have done its work. Started by scripts/bench-trigger.sh.
"""

import argparse
import json
import os
import pathlib
import sys
import time

import cases
import report
import variants
from server import HERE, BenchmarkError, Listener, Server

VACUUM = """vacuum analyze public.pedidos, public.pedido_itens, zap.notification_queue,
    baseline.notification_queue, baseline.notification_logs"""


def main():
    """Measures, prints, and fails only when a variant did not do what it is there for."""
    options = arguments()
    servers = {name: Server(options.programs, getattr(options, name)) for name in ("preloaded", "plain")}
    settings, chosen = settings_of(os.environ), variants_of(os.environ)
    loads, others = cases_of(os.environ)
    for server in servers.values():
        make_database(server)
    wait_for_notifier(servers["preloaded"])
    conditions = report.conditions(servers, settings, options.build)
    listeners = {name: Listener(server, variants.CHANNELS) for name, server in servers.items()}
    try:
        results = measure_all(loads + others, chosen, servers, listeners, settings)
    finally:
        for listener in listeners.values():
            listener.stop()
    publish(options.output, conditions, (loads, others), chosen, results)


def arguments():
    """The command line, which only the script writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="directory of psql and pgbench")
    parser.add_argument("--preloaded", required=True, help="socket directory of the server that preloads Zapgres")
    parser.add_argument("--plain", required=True, help="socket directory of the one that does not")
    parser.add_argument("--build", required=True, help="profile that the extension was built with")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="directory for the JSON")
    return parser.parse_args()


def settings_of(environment):
    """QUICK=1 is for a first look, not for figures to quote."""
    quick = bool(environment.get("QUICK"))
    seconds = int(environment.get("SECONDS_PER_RUN", 2 if quick else 4))
    return cases.Settings(seconds, warm_up_s=1, rounds=int(environment.get("ROUNDS", 3)), old_orders=10_000)


def cases_of(environment):
    """Order loads for all chosen numbers of clients and kinds of COMMIT; and the other cases."""
    quick = bool(environment.get("QUICK"))
    clients = environment.get("CLIENTS", "32" if quick else "1 8 32 64 autocommit").split()
    names = environment.get("COMMITS", "1ms" if quick else "as-is 1ms").split()
    if unknown := [name for name in names if name not in cases.COMMITS]:
        raise BenchmarkError(f"COMMITS: unknown {', '.join(unknown)}; there are: {', '.join(cases.COMMITS)}")
    loads = [cases.order_load(count, cases.COMMITS[name]) for name in names for count in clients]
    if environment.get("OTHERS", "1") != "1":
        return loads, []
    # What the disk takes hides what capture takes, so further items are also measured without it.
    commits = [cases.COMMITS[name] for name in (["as-is"] if quick else ["as-is", "off"])]
    others = [cases.bulk_insert(), cases.single_rows(), cases.bulk_change(), cases.bulk_event(), cases.bulk_other_change()]
    busy = [make(cases.COMMITS["1ms"]) for make in (cases.status_change, cases.status_transaction)]
    makes = (cases.further_item, cases.further_items, cases.other_change)
    return loads, others + busy + [make(commit) for make in makes for commit in commits]


def variants_of(environment):
    """The variants named in VARIANTS, separated by commas; the reference always."""
    names = [name.strip() for name in environment.get("VARIANTS", "").split(",") if name.strip()]
    known = [variant.name for variant in variants.ALL]
    if unknown := [name for name in names if name not in known]:
        raise BenchmarkError(f"VARIANTS: unknown {', '.join(unknown)}; there are: {', '.join(known)}")
    return [v for v in variants.ALL if not names or v.name in names or v is variants.REFERENCE]


def make_database(server):
    """The same tables, baseline and extension on both servers."""
    server.psql(text="create database bench", database="postgres")
    server.psql(f"--file={HERE / 'tables.sql'}", f"--file={HERE / 'baseline.sql'}")
    # It attaches itself to pedido_itens; every reset detaches it again.
    server.psql(text="set client_min_messages = warning; create extension zapgres")


def wait_for_notifier(server, within_s=30):
    """The launcher looks for new databases now and then."""
    deadline = time.monotonic() + within_s
    while server.row("select count(*) from pg_stat_activity where backend_type = 'zapgres notifier'") == ["0"]:
        if time.monotonic() > deadline:
            raise BenchmarkError(f"no notifier on the preloaded server within {within_s} s")
        time.sleep(0.1)


def measure_all(all_cases, chosen, servers, listeners, settings):
    """Every variant of a case in every round."""
    results = report.Results({})
    for case in all_cases:
        compared = [variant for variant in chosen if case.compares(variant)]
        results.values.update({(case, variant): [] for variant in compared})
        for number in range(settings.rounds):
            for variant in rotated(compared, number):
                value = measure(case, variant, servers[variant.server], listeners[variant.server], settings)
                results.values[case, variant].append(value)
        figures = (f"{variant.name} {results.median(case, variant):.5g}" for variant in compared)
        print(f"  {case.name}: {', '.join(figures)} ({case.unit.strip()})", file=sys.stderr, flush=True)
    return results


def rotated(sequence, places):
    """So that no variant always runs after the same other one."""
    places %= len(sequence)
    return sequence[places:] + sequence[:places]


def measure(case, variant, server, listener, settings):
    """One run from a fresh state, verified."""
    server.psql(f"--set=orders={settings.old_orders}", f"--file={HERE / 'reset.sql'}")
    case.prepare(server, settings)
    server.psql(text=f"set client_min_messages = warning;\n{case.arm(variant)}")
    server.psql("-c", VACUUM, "-c", "checkpoint")
    heard_before = listener.heard
    value, work = case.measure(server, settings)
    least, _ = variant.notifications(work)
    heard = listener.wait_for(heard_before + least) - heard_before
    variant.verify(server, work, settings.old_orders, heard)
    return value


def bars(results, chosen):
    """The figures that capture is built to reach, as far as they were measured."""
    measured = {case.name: case for case, _ in results.values}
    found = []

    def compare(name, what, variant, reference, bar, at_least):
        if (case := measured.get(name)) and {variant, reference} <= set(chosen):
            found.append(report.Bar(what, results.ratio(case, variant, reference), bar, at_least))

    busy = cases.order_load("32", cases.COMMITS["1ms"]).name
    ours, none = variants.PRELOADED, variants.REFERENCE
    compare(busy, f"rate, {busy}, preloaded / no trigger", ours, none, 0.85, True)
    compare(busy, f"rate, {busy}, preloaded / baseline notify", ours, variants.BASELINE_NOTIFY, 10.5, True)
    for status in (cases.status_change(cases.COMMITS["1ms"]), cases.status_transaction(cases.COMMITS["1ms"])):
        compare(status.name, f"rate, {status.name}, preloaded / no trigger", ours, none, 0.85, True)
    as_is = cases.COMMITS["as-is"]
    limits = [(cases.bulk_insert(), 1.5), (cases.single_rows(), 1.15)]
    limits += [(cases.bulk_change(), 1.5), (cases.bulk_event(), 1.5), (cases.bulk_other_change(), 1.1)]
    limits += [(make(as_is), 1.1) for make in (cases.further_item, cases.further_items, cases.other_change)]
    for case, limit in limits:
        compare(case.name, f"time, {case.name}, preloaded / no trigger", ours, none, limit, False)
    return found


def publish(directory, conditions, groups, chosen, results):
    """Tables and bars to the reader, everything to a file."""
    loads, others = groups
    found = bars(results, chosen)
    parts = [report.conditions_text(conditions)]
    if loads:
        parts.append("Orders per second (share of the rate without a trigger), by clients:")
        parts.append(report.table(loads, chosen, results))
    if others:
        parts.append("Other statements (multiple of the time without a trigger; of rates at 32 clients the share):")
        parts.append(report.table(others, [variant for variant in chosen if variant in cases.OURS], results))
    parts.append("\n".join(bar.line() for bar in found))
    print("\n\n".join(parts))
    everything = {
        "conditions": conditions,
        "results": report.as_json(results, variants.REFERENCE),
        "bars": [{"what": bar.what, "found": bar.found, "bar": bar.bar, "passed": bar.passed} for bar in found],
    }
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"trigger-{conditions['date'].replace(':', '')}.json"
    file.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nAll figures: {file}")


if __name__ == "__main__":
    try:
        main()
    except BenchmarkError as error:
        sys.exit(f"bench-trigger: {error}")
