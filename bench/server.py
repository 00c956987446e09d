"""A running PostgreSQL server: statements through psql, load through pgbench, and somebody who listens."""

import dataclasses
import os
import pathlib
import re
import subprocess
import threading

HERE = pathlib.Path(__file__).resolve().parent
PROTOCOL = os.environ.get("PROTOCOL", "simple")
PROGRESS = re.compile(r"^progress: ([0-9.]+) s, ([0-9.]+) tps", re.MULTILINE)
PROCESSED = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)


class BenchmarkError(Exception):
    """Something that makes the figures worthless: the program says so in one line and fails."""


@dataclasses.dataclass(frozen=True)
class Load:
    """What pgbench reported: transactions per second after the warm-up, and all transactions of the run."""

    per_second: float
    transactions: int


@dataclasses.dataclass(frozen=True)
class Server:
    """Where a server listens, and the directory with the programs to reach it."""

    programs: pathlib.Path
    socket: str

    def psql(self, *arguments, text=None, database="bench"):
        """Runs psql on a file (`-f`) or on `text`; returns its unaligned output."""
        command = [self.programs / "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
        command += ["--host", self.socket, "--username=postgres", "--dbname", database, *arguments]
        return run(command, text).stdout

    def row(self, statement):
        """The only row of a query, as texts."""
        return self.psql(text=statement).strip().split("|")

    def pgbench(self, script, *, clients, seconds, warm_up_s, options, variables):
        """Runs a script of this directory in sessions with these options. Rates are of the seconds after the warm-up."""
        command = [self.programs / "pgbench", "--no-vacuum", f"--protocol={PROTOCOL}", "--progress=1", "--file", HERE / script]
        command += [f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={warm_up_s + seconds}"]
        command += [f"--define={name}={value}" for name, value in variables.items()]
        command += ["--host", self.socket, "--username=postgres", "bench"]
        done = run(command, options=options)
        failed = FAILED.search(done.stdout)
        if failed is None or failed[1] != "0":
            raise BenchmarkError(f"{script}: transactions failed:\n{done.stdout}{done.stderr}")
        return Load(rate_after(warm_up_s, done.stderr), int(PROCESSED.search(done.stdout)[1]))


def rate_after(warm_up_s, progress):
    """Mean rate of pgbench's progress lines that end after the warm-up."""
    transactions = measured_s = began_s = 0.0
    for at_s, per_second in ((float(at), float(rate)) for at, rate in PROGRESS.findall(progress)):
        if began_s > warm_up_s - 0.5:
            transactions += per_second * (at_s - began_s)
            measured_s += at_s - began_s
        began_s = at_s
    if measured_s == 0:
        raise BenchmarkError(f"pgbench reported no progress:\n{progress}")
    return transactions / measured_s


def run(command, text=None, options=""):
    """Runs a client program to its end; `options` are for its sessions."""
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, check=False, env={"PGOPTIONS": options, "LC_ALL": "C.UTF-8"}
    )
    if done.returncode != 0:
        raise BenchmarkError(f"{pathlib.Path(command[0]).name} failed:\n{done.stderr}")
    return done


class Listener:
    """A session that listens, as a daemon's would, and counts what it hears."""

    def __init__(self, server, channels):
        self.heard = 0
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [server.programs / "psql", "--no-psqlrc", "--quiet", "--host", server.socket, "--username=postgres", "bench"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self._stopped = threading.Event()
        self._say("".join(f"listen {channel};\n" for channel in channels))
        threading.Thread(target=self._ask, daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

    def _say(self, statements):
        self._process.stdin.write(statements)
        self._process.stdin.flush()

    def _ask(self):
        # psql shows notifications after a statement, so it is given one now and then.
        while not self._stopped.wait(0.2):
            self._say("select;\n")

    def _read(self):
        for line in self._process.stdout:
            if line.startswith("Asynchronous notification"):
                with self._changed:
                    self.heard += 1
                    self._changed.notify_all()

    def wait_for(self, count, within_s=5):
        """Waits until so many were heard; returns how many were."""
        with self._changed:
            self._changed.wait_for(lambda: self.heard >= count, timeout=within_s)
            return self.heard

    def stop(self):
        """Ends the session."""
        self._stopped.set()
        self._process.kill()
        self._process.wait()
