"""What it costs to write an audit of a fleet to SQLite and to a PostgreSQL on this machine.

`python -m bench.store [--endpoints 10000] [--audits 3] [--turns 1]`. The fleet of bench.history, its first audit all
new, the following ones with a hundredth changed. CPU is that of this process while it adds, and finishes; that of the
server is what all its processes took meanwhile. What the database has grown by is that of its tables and indexes, in
PostgreSQL after a VACUUM. Prints a Markdown table.
"""

import argparse
import asyncio
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from bench.history import DAY, START, Fleet, hosts, looked_at, targets
from tests.servers import CertificateAuthority
from tests.servers.starttls import postgres
from tlsaudit.app.applicable import applicable, applies
from tlsaudit.app.goalposts import pinned
from tlsaudit.app.headline import headline
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import load
from tlsaudit.check import SubjectKind
from tlsaudit.registry import Registry, rule
from tlsaudit.store import Store


@dataclass
class Taken:
    cpu_s: float = 0.0
    wall_s: float = 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--endpoints", type=int, default=10_000)
    arguments.add_argument("--audits", type=int, default=3)
    arguments.add_argument("--turns", type=int, default=1)
    asked = arguments.parse_args()
    print(
        "| database | audit | CPU ms an endpoint | finishing, CPU s | wall s | endpoints a second | server, CPU ms "
        "| grown by, B an endpoint |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for _ in range(asked.turns):
        with tempfile.TemporaryDirectory() as folder:
            record("SQLite", f"sqlite:///{folder}/history.db", made(asked.endpoints), asked.audits, None)
        with postgres(CertificateAuthority(), tls=False) as server:
            url = f"postgresql://postgres@{server.address}:{server.port}/postgres"
            pid = int((server.folder / "cluster" / "postmaster.pid").read_text("ascii").split()[0])
            record("PostgreSQL", url, made(asked.endpoints), asked.audits, pid)


def made(endpoints: int) -> Fleet:
    """The same fleet each time."""
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "targets.yaml"
        config.write_text(targets(endpoints), "utf-8")
        registry = Registry.load()
        loaded, _ = load(config, [], registry)
    selected = [rule(check, {}) for check in registry.select()]
    rules = applicable(selected, ProbeSettings(), [], loaded.endpoints).rules
    fleet = hosts(loaded, asyncio.run(looked_at(rules)))
    one = fleet[0].endpoint
    own = [each for each in rules if each.check.subject_kind is SubjectKind.ENDPOINT and applies(each.check, one)]
    return Fleet(loaded, registry, own, fleet)


def record(database: str, url: str, fleet: Fleet, audits: int, server: int | None) -> None:
    held_against = pinned(fleet.targets, fleet.rules)
    with Store.open(url) as store:
        for day in range(audits):
            at = START + day * DAY
            if day:
                fleet.change(at)
            of_server, before = used(server), size(url)
            number = store.begin(at, vantage="lab", version="0.1.0", pinned=held_against, targets="targets.yaml")
            adding, finishing = Taken(), Taken()
            for host, seen, findings in fleet.looks(at):
                told = headline(seen)
                with timed(adding):
                    store.add_observation(number, host.endpoint, seen, findings, headline=told)
            with timed(adding):
                store.flush()
            with timed(finishing):
                store.finish(number, at)
            count, wall_s = len(fleet.hosts), adding.wall_s + finishing.wall_s
            of_server = used(server) - of_server
            print(
                f"| {database} | {day + 1} | {adding.cpu_s / count * 1000:.2f} | {finishing.cpu_s:.2f} "
                f"| {wall_s:.1f} | {count / wall_s:,.0f} | {of_server / count * 1000:.2f} "
                f"| {(size(url) - before) / count:,.0f} |",
                flush=True,
            )


@contextmanager
def timed(taken: Taken) -> Iterator[None]:
    cpu, wall = time.process_time(), time.monotonic()
    yield
    taken.cpu_s += time.process_time() - cpu
    taken.wall_s += time.monotonic() - wall


def size(url: str) -> int:
    """Bytes of the database."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM"))
            counted = connection.scalar(text("SELECT pg_database_size(current_database())"))
        else:
            counted = connection.scalar(text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
    engine.dispose()
    return int(counted or 0)


def used(server: int | None) -> float:
    """CPU seconds of a process and its children, also of those that have ended."""
    if server is None:
        return 0.0
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if server in (int(stat.parent.name), int(fields[1])):
                ticks += sum(map(int, fields[11:15] if int(stat.parent.name) == server else fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
