"""A fleet in which nothing changes adds no content to the history, whatever the clock and the load say."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tests.servers import Server, Shape
from tlsaudit.app.audit import Audit
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import load
from tlsaudit.probe.certificate import RootFile
from tlsaudit.registry import Registry
from tlsaudit.store import Store

CONTENT = ("states", "endpoints", "evidence", "verdicts", "spans", "subjects", "pinned", "tracks")


def _told(moment: datetime) -> datetime:
    return moment


def test_audits_of_a_fleet_that_stays_the_same_add_their_looks_alone(
    tmp_path: Path, shared_server: Callable[[str, Shape], Server], ca_file: Path
) -> None:
    config = tmp_path / "targets.yaml"
    services = ""
    for name, shape in (("new", Shape.MODERN), ("old", Shape.LEGACY)):
        server = shared_server("nginx", shape)
        ports = f"{{80: {server.http_port}, 443: {server.https_port}}}"
        services += f"  {name}: {{hosts: [www.example.org], at: {{{name}: {{address: 127.0.0.1, ports: {ports}}}}}}}\n"
    # How busy the machine is changes no verdict.
    head = "version: 1\nsites: {new: {}, old: {}}\nchecks: {https-latency: {maximum: 60000}}\n"
    config.write_text(f"{head}services:\n{services}", "utf-8")
    registry = Registry.load()
    targets, warnings = load(config, [], registry)
    begun = datetime.now(UTC)
    contents, looks = [], []
    with Store.open(f"sqlite:///{tmp_path / 'history.db'}") as store:
        for day in range(4):
            moment = begun + timedelta(days=day, hours=day)
            settings = ProbeSettings(ca_files=[RootFile("test", ca_file)], clock=partial(_told, moment))
            asyncio.run(Audit(targets, warnings, registry, registry.select(), settings).record(store))
            with closing(sqlite3.connect(tmp_path / "history.db")) as db:
                counts = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in CONTENT}
                contents.append(counts)
                looks.append(db.execute("SELECT count(*) FROM looks").fetchone()[0])
    # From the second audit on there is a past for ticket-key-rotation to look at.
    assert contents[2:] == [contents[1]] * 2
    assert looks == [looks[0] * (audit + 1) for audit in range(4)]
