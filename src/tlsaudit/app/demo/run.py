"""Serve the story chapter by chapter, and audit each as of its date."""

import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tlsaudit.app.audit import Audit, report
from tlsaudit.app.demo.servers import DemoFleet
from tlsaudit.app.demo.story import HOSTS, story
from tlsaudit.app.demo.timetable import HEADING, targets
from tlsaudit.app.output import Output, report_folder
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import asked_for, history_of, load
from tlsaudit.app.view import StoreView
from tlsaudit.errors import UserError
from tlsaudit.probe.certificate import RootFile
from tlsaudit.probe.limits import Limits
from tlsaudit.registry import Registry
from tlsaudit.server.authority import Authority
from tlsaudit.store import Store

# The servers are never silent, but on a busy machine they are slow.
_PATIENT = Limits(endpoint_s=300, connect_s=60, answer_s=60)

_DECADES = datetime(2010, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)

Statuses = Mapping[str, str]
"""Objective -> its status."""


async def run_demo(folder: Path, *, quiet: bool) -> int:
    """Audit the demo's fleet, and leave targets.yaml, history.db, report.html and audit.json in the folder.

    The servers run in this process and end with it; their keys are kept in a folder that is removed.
    Raises UserError where the folder cannot be used.
    """
    config = _prepare(folder)
    registry = Registry.load()
    output = Output(quiet=quiet)
    stood: Statuses = {}
    with tempfile.TemporaryDirectory() as keys, Store.open(history_of(config, str(folder / "history.db"))) as store:
        authority = Authority(Path(keys), "tlsaudit demo CA", _DECADES)
        rsa_key, ecdsa_key = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
        fleet = DemoFleet()
        for chapter in story():
            day = chapter.moment.date()
            year = datetime(day.year - 1, 12, 1, tzinfo=UTC), datetime(day.year + 1, 1, 1, tzinfo=UTC)
            static = authority.issue("static.pem", HOSTS, rsa_key, year)
            ephemeral = authority.issue("ephemeral.pem", HOSTS, ecdsa_key, year)
            async with fleet.serving(chapter.fleet, static, ephemeral) as ports:
                config.write_text(targets(day, ports), "utf-8")
                view = await _audit(config, registry, store, authority.file, chapter.moment)
            stands = {objective.id: objective.status for objective in view.objectives}
            output.say(" · ".join([f"{day}  {chapter.event}", *_turns(stood, stands)]))
            stood = stands
        report(view, folder, output)
    output.say(f"as of any day: tlsaudit goals -c {config} --at 2015-01-05")
    return 0


def _prepare(folder: Path) -> Path:
    """Make the folder, forget the last demo's history; the answer is where targets.yaml goes."""
    report_folder(folder)
    config = folder / "targets.yaml"
    try:
        ours = config.exists() and config.read_bytes().startswith(HEADING.encode())
        if not ours and (taken := next((file for file in (config, folder / "history.db") if file.exists()), None)):
            raise UserError(f"{taken}: not the demo's, which would overwrite it: name another folder with --output")
        for name in ("history.db", "history.db-wal", "history.db-shm"):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror}") from error
    return config


def _turns(before: Statuses, now: Statuses) -> Iterator[str]:
    """Which objectives are met since the audit before, and which are late."""
    for status, word in (("met", "met"), ("overdue", "late")):
        if names := [name for name, stands in now.items() if stands == status != before.get(name)]:
            yield f"{word}: {', '.join(names)}"


async def _audit(config: Path, registry: Registry, store: Store, ca_file: Path, moment: datetime) -> StoreView:
    targets, warnings = load(config, [], registry)
    audit = Audit(
        targets=targets,
        warnings=warnings,
        registry=registry,
        checks=registry.select(asked=asked_for(targets)),
        settings=ProbeSettings(_PATIENT, ca_files=(RootFile("demo", ca_file),), clock=lambda: moment),
    )
    view, _ = await audit.record(store)
    return view
