"""Figures as a person and as a program reads them."""

import dataclasses
import datetime
import os
import pathlib
import platform
import statistics
import subprocess

from server import PROTOCOL

SETTINGS = (
    "shared_preload_libraries", "zap.databases", "fsync", "wal_sync_method", "synchronous_commit", "full_page_writes",
    "wal_level", "max_wal_size", "checkpoint_timeout", "shared_buffers", "autovacuum", "autovacuum_naptime",
    "max_connections", "max_prepared_transactions",
)


@dataclasses.dataclass(frozen=True)
class Results:
    """Per case, variant and round: rates or durations."""

    values: dict

    def median(self, case, variant):
        """Median of the rounds."""
        return statistics.median(self.values[case, variant])

    def ratio(self, case, variant, reference):
        """Median of the ratios within one round."""
        pairs = zip(self.values[case, variant], self.values[case, reference], strict=True)
        return statistics.median(case.ratio(value, base) for value, base in pairs)


@dataclasses.dataclass(frozen=True)
class Bar:
    """What a ratio has to be, at least or at most."""

    what: str
    found: float
    bar: float
    at_least: bool

    @property
    def passed(self):
        """Whether it is."""
        return self.found >= self.bar if self.at_least else self.found <= self.bar

    def line(self):
        """For the list of bars."""
        sign = "≥" if self.at_least else "≤"
        return f"- {'pass' if self.passed else 'MISS'}: {self.what}: {self.found:.2f} (bar {sign} {self.bar:g})"


def conditions(servers, settings, build):
    """What the figures depend on."""
    found = {}
    for name, server in servers.items():
        names = ", ".join(f"('{setting}')" for setting in SETTINGS)
        rows = server.psql(text=f"select n, current_setting(n, true) from (values {names}) as s (n)").split("\n")
        found[name] = dict(row.split("|", 1) for row in rows if row)
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "commit": commit(),
        "build": build,
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "system": f"{platform.system()} {platform.release()}",
        "load_average": os.getloadavg(),
        "postgresql": servers["preloaded"].row("select version()")[0],
        "settings": found,
        "measuring": dataclasses.asdict(settings),
    }


def cpu():
    """Model of the processor."""
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(": ", 1)[1]
    return platform.machine()


def commit():
    """Commit of the sources, and whether they differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    here = pathlib.Path(__file__).parent
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def conditions_text(found):
    """The conditions as lines of Markdown."""
    preloaded, plain = found["settings"]["preloaded"], found["settings"]["plain"]
    same = ", ".join(f"`{name} = {value}`" for name, value in preloaded.items() if plain[name] == value)
    measuring = found["measuring"]
    return "\n".join([
        f"- {found['date']}, commit {found['commit']}, {found['build']} build",
        f"- {found['cores']} × {found['cpu']}, {found['memory_mib']} MiB, {found['system']}, "
        f"load average before: {found['load_average'][0]:.2f}",
        f"- {found['postgresql'].split(' on ')[0]}: {same}",
        f"- medians of {measuring['rounds']} rounds of {measuring['seconds']} s after {measuring['warm_up_s']} s of warm-up; "
        f"{measuring['old_orders']} old orders; pgbench on the same machine, over a socket, {PROTOCOL} protocol",
    ])


def table(cases, variants, results):
    """A Markdown table: cases as rows, variants as columns, ratios in parentheses."""
    reference = variants[0]
    heading = " | ".join(variant.name for variant in variants)
    lines = [f"| | {heading} |", "|---|" + "---:|" * len(variants)]
    for case in cases:
        cells = [cell(case, variant, reference, results) for variant in variants]
        lines.append(f"| {case.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(case, variant, reference, results):
    """Absolute value, and its ratio to the reference."""
    value = results.median(case, variant)
    text = f"{value:,.0f}{case.unit}" if value >= 100 else f"{value:.3g}{case.unit}"
    return text if variant is reference else f"{text} ({results.ratio(case, variant, reference):.2f})"


def as_json(results, reference):
    """All values and ratios."""
    return [
        {
            "case": case.name,
            "unit": case.unit.strip(),
            "variant": variant.name,
            "values": values,
            "median": results.median(case, variant),
            "ratio": results.ratio(case, variant, reference),
        }
        for (case, variant), values in results.values.items()
    ]
