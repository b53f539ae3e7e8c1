"""A host that is renamed between two audits, in the history and in the documents that they leave."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.cli.command import tlsaudit
from tests.servers import Server, Shape
from tlsaudit.app.audit import Audit
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import load
from tlsaudit.registry import Registry
from tlsaudit.report import write
from tlsaudit.store import Store

FIRST = datetime(2026, 2, 1, 2, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, shared_server: Callable[[str, Shape], Server]) -> Path:
    """w3 was not forward secret; as www it is."""
    made = tmp_path_factory.mktemp("renamed")
    registry = Registry.load()
    hosts = {"w3.example.org": Shape.STATIC_RSA, "{host: www.example.org, was: w3.example.org}": Shape.MODERN}
    with Store.open(f"sqlite:///{made / 'history.db'}") as store:
        for day, (host, shape) in enumerate(hosts.items()):
            port = shared_server("nginx", shape).https_port
            at = f"{{east: {{address: 127.0.0.1, ports: {{443: {port}}}}}}}"
            text = f"version: 1\nsites: {{east: {{}}}}\nservices: {{web: {{hosts: [{host}], at: {at}}}}}\n"
            (made / "targets.yaml").write_text(text, "utf-8")
            targets, warnings = load(made / "targets.yaml", [], registry)
            settings = ProbeSettings(clock=partial(FIRST.__add__, timedelta(days=day)))
            audit = Audit(targets, warnings, registry, [registry["pfs-suites"]], settings)
            view, _ = asyncio.run(audit.record(store))
            write(view, made / f"{day}.json")
    return made


@pytest.mark.parametrize("sides", [("1", "2"), ("0.json", "1.json"), ("1", "1.json")])
def test_what_was_said_under_the_old_name_is_what_it_is_compared_with(folder: Path, sides: tuple[str, str]) -> None:
    done = tlsaudit("history", "diff", *sides, "--format", "json", cwd=folder)
    assert done.code == 0, done.err
    diff = json.loads(done.out)
    assert [(change["subject"]["id"], change["before"], change["after"]) for change in diff["fixed"]] == [
        ("www.example.org:443@east", "fail", "pass")
    ]
    assert (diff["appeared"], diff["gone"]) == ([], [])
    assert diff["renamed"] == [{"from": "w3.example.org:443@east", "to": "www.example.org:443@east"}]


def test_the_screen_says_so(folder: Path) -> None:
    lines = [" ".join(line.split()) for line in tlsaudit("history", "diff", "1", "2", cwd=folder).out.splitlines()]
    assert lines[1].startswith("FIXED pfs-suites www.example.org:443@east: ")
    assert lines[2:] == ["RENAMED w3.example.org:443@east -> www.example.org:443@east"]
