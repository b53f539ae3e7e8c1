"""How large a history grows in a year of daily audits, and how long it takes to write and to read.

`python -m bench.history [--endpoints 10000] [--days 365] [--folder DIR]`. What two nginx really show is looked at and
judged once; then each endpoint is one of them under a name, an address and a certificate of its own. A hundredth of the
endpoints change each day: a certificate is renewed, a protocol version or HSTS comes or goes, or nothing answers until
the next day. Whatever differs from look to look (times, latencies, key shares, ticket keys) is another each day. The
audits are recorded by the same calls as ever, and read by `tlsaudit` as a child process. Prints Markdown tables.
"""

import argparse
import asyncio
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

from tests.servers import CertificateAuthority, Server, Shape, nginx
from tlsaudit.app.applicable import applicable, applies
from tlsaudit.app.goalposts import digest_of, pinned
from tlsaudit.app.headline import headline
from tlsaudit.app.observe import observe
from tlsaudit.app.records import Tally, endpoint_record
from tlsaudit.app.series import name_of
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import load
from tlsaudit.app.timetable import Timetable
from tlsaudit.check import Finding, Rule, SubjectKind, judge_endpoint
from tlsaudit.evidence import (
    AddressObservation,
    Certificates,
    EndpointObservation,
    Evidence,
    EvidenceType,
    HttpsExchange,
    NotObserved,
    Reason,
    Sessions,
    TlsOffer,
    sample_fields,
)
from tlsaudit.probe.certificate import RootFile
from tlsaudit.registry import Registry, rule
from tlsaudit.store import Store
from tlsaudit.target import Endpoint, Route, Targets

START = datetime(2026, 1, 1, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)
LIFETIME = 90 * DAY
CHANGE = 0.01
CHECKS = ("tls-versions", "pfs-suites", "hsts-max-age", "redirect-https", "certificate-validity")

Shown = Mapping[EvidenceType, Evidence | NotObserved]


@dataclass
class Host:
    """An endpoint as it is configured at present. `kept` are evidence and findings, to be made anew after a change."""

    endpoint: Endpoint
    address: str
    template: Shown
    renewed: datetime
    serial: int
    older: bool = True
    hsts: bool = True
    down: bool = False
    kept: tuple[Shown, list[Finding]] | None = field(default=None, repr=False)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--endpoints", type=int, default=10_000)
    arguments.add_argument("--days", type=int, default=365)
    arguments.add_argument("--folder", type=Path, help="keep targets.yaml and history.db there")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = asked.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        config = folder / "targets.yaml"
        config.write_text(targets(asked.endpoints), "utf-8")
        registry = Registry.load()
        loaded, _ = load(config, [], registry)
        selected = [rule(check, {}) for check in registry.select()]
        rules = applicable(selected, ProbeSettings(), [], loaded.endpoints).rules
        made = hosts(loaded, asyncio.run(looked_at(rules)))
        one = made[0].endpoint
        own = [each for each in rules if each.check.subject_kind is SubjectKind.ENDPOINT and applies(each.check, one)]
        record(folder, Fleet(loaded, registry, own, made), asked.days)
        read(folder, asked.days)


def targets(endpoints: int) -> str:
    """Four endpoints make a service; the goals ask for five checks of each."""
    names = [f"h{number:05}.example.org" for number in range(endpoints)]
    services = "".join(f"  s{first:05}: [{', '.join(names[first : first + 4])}]\n" for first in range(0, endpoints, 4))
    goals = "".join(f"  {check}: {{checks: [{check}], milestones: {{2026-12-31: 100%}}}}\n" for check in CHECKS)
    return f"version: 1\nhistory: sqlite:///history.db\nservices:\n{services}objectives:\n{goals}"


async def looked_at(rules: Sequence[Rule]) -> list[Shown]:
    """What a modern and an old nginx show, as if at the public ports."""
    ca = CertificateAuthority()
    name = "h00000.example.org"
    page = f'<!doctype html><link rel="canonical" href="https://{name}/"><title>Test</title>'
    found: list[Shown] = []
    for shape in (Shape.MODERN, Shape.LEGACY):
        hsts = {"Strict-Transport-Security": "max-age=63072000"}
        with nginx(shape, ca=ca, names=[name], pages={"/": page}, headers=hsts, redirect=f"https://{name}") as server:
            settings = ProbeSettings(ca_files=[RootFile("bench", ca.write(server.folder))])
            seen = [each async for each in observe([_at(server, name)], rules, settings)]
        found += [each.observation.addresses[0].evidence for each in seen]
    return found


def _at(server: Server, name: str) -> Endpoint:
    ports = {443: server.https_port, 80: server.http_port}
    pins = {(name, public): ((server.address, real),) for public, real in ports.items()}
    return Endpoint(name, route=Route(pins))


def hosts(loaded: Targets, shown: Sequence[Shown]) -> list[Host]:
    """The fleet: three in four are like the first of what was shown."""
    fleet = []
    for number, endpoint in enumerate(loaded.endpoints):
        template = _named(shown[number % 4 == 3], endpoint.host)
        renewed = START - random.random() * LIFETIME
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        fleet.append(Host(endpoint, address, template, renewed, random.getrandbits(64)))
    return fleet


def _named(shown: Shown, host: str) -> Shown:
    """The same under another name. What names no host is the same object for the whole fleet."""
    made: dict[EvidenceType, Evidence | NotObserved] = {}
    for kind, item in shown.items():
        body = b"" if isinstance(item, NotObserved) else _ADAPTERS[kind].dump_json(item)
        renamed = body.replace(b"h00000.", host[:7].encode())
        made[kind] = _ADAPTERS[kind].validate_json(renamed) if b"h00000." in body else item
    return made


_ADAPTERS = {kind: TypeAdapter(kind) for kind in get_args(Evidence)}


def shows(host: Host) -> Shown:
    """What an endpoint shows as it is configured now."""
    if host.down:
        return dict.fromkeys(host.template, NotObserved(Reason.REFUSED))
    shown = dict(host.template)
    for kind, item in shown.items():
        if isinstance(item, Certificates):
            shown[kind] = replace(item, chains=tuple(_issued(chain, host) for chain in item.chains))
        elif isinstance(item, TlsOffer) and not host.older:
            shown[kind] = replace(item, versions=item.versions[:1])
        elif isinstance(item, HttpsExchange) and not host.hsts:
            visits = [replace(visit, hops=tuple(replace(hop, hsts=()) for hop in visit.hops)) for visit in item.visits]
            shown[kind] = replace(item, visits=tuple(visits))
    return shown


def _issued(chain: Any, host: Host) -> Any:
    leaf = replace(
        chain.leaf,
        sha256=random.Random(host.serial).randbytes(32).hex(),
        serial=f"{host.serial:x}",
        not_before=host.renewed,
        not_after=host.renewed + LIFETIME,
    )
    return replace(chain, certificates=(leaf, *chain.certificates[1:]))


def change(host: Host, at: datetime) -> None:
    host.kept = None
    what = random.randrange(4)
    if what == 0:
        host.renewed, host.serial = at, random.getrandbits(64)
    elif what == 1:
        host.older = not host.older
    elif what == 2:
        host.hsts = not host.hsts
    else:
        host.down = True


def look(host: Host, rules: Sequence[Rule], at: datetime) -> tuple[EndpointObservation, list[Finding]]:
    """What an audit sees and says at that time."""
    if host.kept is None:
        shown = shows(host)
        seen = EndpointObservation(host.endpoint.id, at, (AddressObservation(host.address, 1.0, shown, 33),))
        host.kept = shown, [judge_endpoint(each, seen, lambda at, kind: _before(at.address, kind)) for each in rules]
    shown, findings = host.kept
    fresh = {kind: item if isinstance(item, NotObserved) else _sampled(item, host, at) for kind, item in shown.items()}
    connect_ms = None if host.down else _latency(1.0)
    address = AddressObservation(host.address, connect_ms, fresh, 0 if host.down else 33)
    return EndpointObservation(host.endpoint.id, at, (address,)), [_measured(finding) for finding in findings]


def _before(_address: str, kind: EvidenceType) -> Sequence[Evidence]:
    """Yesterday's ticket key, another than today's."""
    return [Sessions(START - 400 * DAY, ("00" * 16,), (), (), None, None)] if kind is Sessions else ()


def _sampled(item: Evidence, host: Host, at: datetime) -> Evidence:
    """With the samples of this look. What names no host is made once for several of them: the bench has to hurry."""
    if hasattr(item, "host"):
        return _looked_at(item, at)
    key = id(item), host.serial % 64
    of, made_at, made = _MADE.get(key, (None, at, item))
    if of is not item or made_at != at:
        made = _looked_at(item, at)
        _MADE[key] = item, at, made
    return made


_MADE: dict[tuple[int, int], tuple[Evidence, datetime, Evidence]] = {}


def _looked_at(item: Evidence, at: datetime) -> Evidence:
    values = {name: _another(getattr(item, name)) for name in _SAMPLES[type(item)]}
    return replace(item, **values, observed_at=at + timedelta(microseconds=random.randrange(2_000_000)))


_SAMPLES = {kind: sample_fields(kind) - {"observed_at"} for kind in get_args(Evidence)}


def _another(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(random.randbytes(len(each) // 2).hex() for each in value)
    return _latency(value) if isinstance(value, float) else value


def _latency(usual_ms: float) -> float:
    return usual_ms * random.lognormvariate(0, 0.3)


def _measured(finding: Finding) -> Finding:
    if not finding.samples:
        return finding
    facts = {
        name: round(random.lognormvariate(3, 0.5), 1) if name in finding.samples and isinstance(fact, float) else fact
        for name, fact in finding.facts.items()
    }
    return replace(finding, facts=facts)


@dataclass(frozen=True)
class Fleet:
    targets: Targets
    registry: Registry
    rules: Sequence[Rule]
    hosts: Sequence[Host]

    def looks(self, at: datetime) -> Iterator[tuple[Host, EndpointObservation, list[Finding]]]:
        for host in self.hosts:
            yield host, *look(host, self.rules, at)

    def change(self, at: datetime) -> None:
        """What was down is up again, and of a hundredth something changes."""
        for host in self.hosts:
            if host.down:
                host.down, host.kept = False, None
        for host in random.sample(self.hosts, round(CHANGE * len(self.hosts))):
            change(host, at)

    def goals(self, store: Store, number: int, at: datetime) -> list[dict[str, Any]]:
        measured = Timetable(self.targets, self.registry, at.date()).measure(store, store.audit(number))
        return [goal.model_dump(mode="json", by_alias=True) for goal in measured]


def record(folder: Path, fleet: Fleet, days: int) -> None:
    """An audit a day. The goals are measured once, and written each day: what is timed is the history."""
    held_against = pinned(fleet.targets, fleet.rules)
    database = folder / "history.db"
    print("| day | MiB | written, CPU s | of these, finishing, wall s |\n|---:|---:|---:|---:|", flush=True)
    with Store.open(f"sqlite:///{database}") as store:
        objectives: list[dict[str, Any]] = []
        for day in range(days):
            at = START + day * DAY
            fleet.change(at)
            number = store.begin(
                at,
                vantage="lab",
                version="0.1.0",
                pinned=held_against,
                targets=name_of(fleet.targets),
                targets_digest=digest_of(fleet.targets),
            )
            tally = Tally()
            written = 0.0
            for host, seen, findings in fleet.looks(at):
                tally.endpoint(endpoint_record(host.endpoint, seen))
                tally.findings(findings)
                told = headline(seen)
                begun = time.process_time()
                store.add_observation(number, host.endpoint, seen, findings, headline=told)
                written += time.process_time() - begun
            objectives = objectives or fleet.goals(store, number, at)
            begun, clock = time.process_time(), time.monotonic()
            summary = tally.summary().model_dump(mode="json", by_alias=True)
            store.finish(number, at + timedelta(minutes=5), objectives=objectives, summary=summary)
            written += time.process_time() - begun
            if day in (0, 1, days - 1) or (day + 1) % 28 == 0:
                size = sum(file.stat().st_size for file in folder.glob("history.db*"))
                finishing = time.monotonic() - clock
                print(f"| {day + 1} | {size / 2**20:.1f} | {written:.1f} | {finishing:.1f} |", flush=True)
    size = database.stat().st_size
    print(f"\n{size / 1e6:.1f} MB, {size / len(fleet.hosts) / days:.1f} bytes an endpoint and day")


def read(folder: Path, days: int) -> None:
    """As a user does, start-up of the program included."""
    program = str(Path(sys.executable).with_name("tlsaudit"))
    middle = (START + days // 2 * DAY).date().isoformat()
    last = (START + (days - 1) * DAY).date().isoformat()
    commands = {
        "goals": ["goals", "--at", last],
        "goals, half-way": ["goals", "--at", middle],
        "history list": ["history", "list"],
        "history diff, of a day": ["history", "diff", str(days - 1), str(days)],
        "history diff, of the first and the last": ["history", "diff", "1", str(days)],
        "report, HTML": ["report", "--at", last, "-o", "report.html"],
        "report, JSON: every finding": ["report", "--at", last, "-o", "audit.json"],
        "history export, CSV: every finding": ["history", "export", "-o", "findings.csv"],
    }
    print("\n| reading | CPU s | wall s |\n|---|---:|---:|")
    for title, arguments in commands.items():
        begun, cpu = time.monotonic(), _of_children()
        done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{title}: {done.stderr}")
        print(f"| {title} | {_of_children() - cpu:.1f} | {time.monotonic() - begun:.1f} |", flush=True)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
