"""Serve the story chapter by chapter, and audit each as of its date."""

import tempfile
from datetime import datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tlsaudit.app.audit import Audit, report
from tlsaudit.app.demo.certificates import DemoAuthority
from tlsaudit.app.demo.servers import DemoFleet, Ports
from tlsaudit.app.demo.story import HOSTS, STORY, TARGETS
from tlsaudit.app.output import Output, report_folder
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import asked_for, history_of, load
from tlsaudit.app.view import StoreView
from tlsaudit.errors import UserError
from tlsaudit.registry import Registry
from tlsaudit.store import Store


async def run_demo(folder: Path, *, quiet: bool) -> int:
    """Audit the demo's fleet, and leave targets.yaml, history.db, report.html and audit.json in the folder.

    The servers run in this process and end with it; their keys are kept in a folder that is removed.
    Raises UserError where the folder cannot be used.
    """
    config = _prepare(folder)
    registry = Registry.load()
    with tempfile.TemporaryDirectory() as keys, Store.open(history_of(config, str(folder / "history.db"))) as store:
        authority = DemoAuthority(Path(keys))
        modern = authority.issue("modern.pem", HOSTS, ec.generate_private_key(ec.SECP256R1()))
        static = authority.issue("static.pem", HOSTS, rsa.generate_private_key(65537, 2048))
        fleet = DemoFleet(modern, static)
        for number, (moment, state) in enumerate(STORY, 1):
            if not quiet:
                click.echo(f"audit {number} of {len(STORY)}: the fleet as of {moment:%Y-%m-%d}", err=True)
            async with fleet.serving(state) as ports:
                _write_targets(config, ports)
                view = await _audit(config, registry, store, authority.file, moment)
        report(view, folder, Output(quiet=quiet))
    return 0


def _prepare(folder: Path) -> Path:
    """Make the folder, forget the last demo's history; the answer is where targets.yaml goes."""
    report_folder(folder)
    try:
        for name in ("history.db", "history.db-wal", "history.db-shm"):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{folder / name}: cannot be removed: {error.strerror}") from error
    return folder / "targets.yaml"


def _write_targets(config: Path, ports: Ports) -> None:
    config.write_text(TARGETS.format(**{f"{service}_{site}": own for (service, site), own in ports.items()}), "utf-8")


async def _audit(config: Path, registry: Registry, store: Store, ca_file: Path, moment: datetime) -> StoreView:
    targets, warnings = load(config, [], registry)
    audit = Audit(
        targets=targets,
        warnings=warnings,
        registry=registry,
        checks=registry.select(asked=asked_for(targets)),
        settings=ProbeSettings(ca_file=ca_file, clock=lambda: moment),
    )
    view, _ = await audit.record(store)
    return view
