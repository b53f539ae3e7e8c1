"""A change of a targets file is gated: what it does to the goals is told, and it leads the gate nowhere new."""

import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from tests.cli.command import Done, tlsaudit
from tests.servers import Server, Shape
from tests.servers.programs import require
from tlsaudit.app.gate.live import LiveGate, run
from tlsaudit.app.output import Output
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.cli import cli
from tlsaudit.errors import UserError
from tlsaudit.probe.limits import Limits
from tlsaudit.registry import Registry, Selection
from tlsaudit.report.json import audit_schema

TARGETS = """\
version: 1
defaults: {owner: ops@example.org}
sites: {east: {}}
services:
  new: {hosts: [www.example.org], at: {east: {address: 127.0.0.1, ports: {443: MODERN, 80: PLAIN}}}}
  old: {hosts: [a.example.org], at: {east: {address: 127.0.0.1, ports: {443: OLD}}}}
objectives:
  pfs: {title: Recordings stay secret, checks: [pfs-suites], milestones: {2099-12-31: 100%}}
  new: {title: The new ones first, checks: [pfs-suites], scope: [new], milestones: {2098-12-31: 100%}}
  half: {title: Half of it, checks: [pfs-suites], milestones: {2097-12-31: 50%}}
"""
ANOTHER = ("old: {hosts: [a.example.org]", "old: {hosts: [a.example.org, b.example.org]")
WAIVER = "waivers: [{check: pfs-suites, on: [old], reason: an old balancer, expires: 2098-12-31}]\n"


class Repository:
    """A git repository with a targets file, whose first commit is the base; and servers that it speaks of."""

    def __init__(self, folder: Path, modern: Server, old: Server) -> None:
        self.folder = folder
        self._ports = {"MODERN": modern.https_port, "PLAIN": modern.http_port, "OLD": old.https_port}
        self.git("init", "-q")
        self.edit()
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "The base")

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "protocol.file.allow=always")
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)

    def edit(self, *edits: tuple[str, str], more: str = "") -> None:
        text = TARGETS
        for was, becomes in edits:
            assert was in text
            text = text.replace(was, becomes)
        for name, port in self._ports.items():
            text = text.replace(name, str(port))
        (self.folder / "targets.yaml").write_text(text + more, "utf-8")

    def cli(self, *options: object, **env: Any) -> Done:
        return tlsaudit("gate", "-c", "targets.yaml", "--select", "pfs-suites", *options, cwd=self.folder, **env)


@pytest.fixture
def repository(
    tmp_path: Path, shared_server: Callable[[str, Shape], Server], monkeypatch: pytest.MonkeyPatch
) -> Repository:
    require("git", "git")
    made = Repository(tmp_path, *(shared_server("nginx", shape) for shape in (Shape.MODERN, Shape.STATIC_RSA)))
    monkeypatch.chdir(tmp_path)
    return made


class Gated:
    """What the gate makes of the file as it stands."""

    def __init__(
        self,
        *,
        allow: bool = False,
        base: str | None = "HEAD",
        select: str = "pfs-suites",
        config: str = "targets.yaml",
        seconds: float = 30,
    ) -> None:
        file = Path("gate.json")
        self.code = run(
            LiveGate(
                config=Path(config),
                base=base,
                allow=allow,
                selection=Selection(Registry.load(), (select,)),
                settings=ProbeSettings(Limits(endpoint_s=seconds)),
                pins=[],
                output=Output("jsonl", (file,), quiet=True),
                fail_on="worse",
                min_coverage=1,
            )
        )
        self.document: dict[str, Any] = json.loads(file.read_text("utf-8"))

    @property
    def review(self) -> list[tuple[str, int, str]]:
        """Kind, line and words."""
        told = self.document["gate"]["review"]
        return [(each["kind"], each["location"]["line"], each["message"]) for each in told]

    @property
    def findings(self) -> dict[str, tuple[str, str]]:
        """Outcome and change of each endpoint."""
        return {each["subject"]["id"]: (each["outcome"], each["change"]) for each in self.document["findings"]}


def test_no_change_is_none(repository: Repository) -> None:
    gated = Gated()
    assert (gated.code, gated.review) == (0, [])
    assert gated.findings == {
        "a.example.org:443@east": ("fail", "same"),
        "www.example.org:443@east": ("pass", "same"),
    }
    jsonschema.validate(gated.document, audit_schema())


EDITS: dict[str, tuple[list[tuple[str, str]], str, set[tuple[str, int, str]]]] = {
    "a later date": (
        [("2099-12-31", "2099-12-30"), ("2098-12-31: 100%", "2099-06-30: 90%")],
        "",
        {
            ("goalpost", 8, "Recordings stay secret: 100% by 2099-12-31 -> 100% by 2099-12-30"),
            ("goalpost", 9, "The new ones first: 100% by 2098-12-31 -> 90% by 2099-06-30 (easier)"),
        },
    ),
    "a higher target": (
        [("2097-12-31: 50%", "2097-12-31: 60%")],
        "",
        {
            ("goalpost", 10, "Half of it: 50% by 2097-12-31 -> 60% by 2097-12-31"),
            ("goal", 10, "Half of it: 1 of 2; 60% by 2097-12-31 is on track, was met"),
        },
    ),
    "a wider scope": (
        [("scope: [new]", "scope: [new, old]")],
        "",
        {
            ("goalpost", 9, "The new ones first: scope new -> new, old"),
            ("goal", 9, "The new ones first: 1 of 1 -> 1 of 2 (1 new); 100% by 2098-12-31 is at risk, was met"),
        },
    ),
    "a waiver": (
        [],
        WAIVER,
        {
            ("goalpost", 11, "pfs-suites: waiver on old: none -> until 2098-12-31 (easier)"),
            ("goal", 8, "Recordings stay secret: 1 of 2 -> 1 of 2, 1 waived (1 waived now); 100% by 2099-12-31 is on track"),  # noqa: E501
            ("goal", 10, "Half of it: 1 of 2 -> 1 of 2, 1 waived (1 waived now); 50% by 2097-12-31 is met"),
        },
    ),
    "a goal more": (
        [("  half:", "  more: {checks: [pfs-suites], scope: [old], milestones: {2096-12-31: 1%}}\n  half:")],
        "",
        {
            ("goalpost", 10, "more: the goal added: 1% by 2096-12-31"),
            ("goal", 10, "more: a new goal: 0 of 1; 1% by 2096-12-31 is on track"),
        },
    ),
    "a host less": (
        [("  old: {hosts: [a.example.org], at: {east: {address: 127.0.0.1, ports: {443: OLD}}}}\n", "")],
        "",
        {
            ("dropped", 1, "1 endpoint dropped: a.example.org at east; 1 of them failed something"),
            ("goalpost", 7, "Recordings stay secret: a.example.org at east left the scope, it did not pass (easier)"),
            ("goalpost", 9, "Half of it: a.example.org at east left the scope, it did not pass (easier)"),
            ("goal", 7, "Recordings stay secret: 1 of 2 -> 1 of 1 (1 left); 100% by 2099-12-31 is met, was on track"),
            ("goal", 9, "Half of it: 1 of 2 -> 1 of 1 (1 left); 50% by 2097-12-31 is met"),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_what_an_edit_does_is_told_and_left_to_the_reviewer(repository: Repository, name: str) -> None:
    edits, more, told = EDITS[name]
    repository.edit(*edits, more=more)
    gated = Gated()
    assert (gated.code, set(gated.review)) == (0, told)
    assert {change for _, change in gated.findings.values()} == {"same"}


def test_a_rule_that_is_stricter_makes_nothing_worse(repository: Repository) -> None:
    repository.edit(("[pfs-suites], milestones: {2097", "[hsts-max-age], milestones: {2097"), more="")
    repository.git("commit", "-q", "-a", "-m", "HSTS")
    repository.edit(
        ("[pfs-suites], milestones: {2097", "[hsts-max-age], milestones: {2097"),
        more="checks: {hsts-max-age: {minimum: 9999d}}\n",
    )
    gated = Gated(select="hsts-max-age")
    assert gated.code == 0
    assert ("goalpost", 11, "hsts-max-age: options not set -> minimum: 9999d") in gated.review


def test_a_met_goal_is_broken_by_what_fails_even_if_it_is_excused(repository: Repository) -> None:
    repository.edit(ANOTHER, more=WAIVER)
    gated = Gated(allow=True)
    assert gated.code == 1
    assert gated.review[0] == (
        "broken", 10,
        "Half of it: 1 of 2 -> 1 of 3, 2 waived (1 new, 1 waived now); 50% by 2097-12-31 is at risk, was met",
    )  # fmt: skip


def test_a_new_host_is_asked_only_where_the_change_is_trusted(repository: Repository) -> None:
    repository.edit(("new: {hosts: [www.example.org]", "new: {hosts: [www.example.org, c.example.org]"))
    gated = Gated()
    assert gated.code == 3
    assert gated.findings["c.example.org:443@east"] == ("unknown", "worse")
    assert ("new", 5, "c.example.org at east: new in this change") in gated.review
    trusted = Gated(allow=True)
    assert trusted.code == 0
    assert trusted.findings["c.example.org:443@east"] == ("pass", "same")


@pytest.fixture
def trap() -> Iterator[socket.socket]:
    """Nobody is to connect to it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.mark.parametrize(
    "edit",
    [
        ("ports: {443: OLD}", "ports: {443: TRAP}"),
        ("ports: {443: OLD}", "ports: {443: OLD, 80: TRAP}"),
        ("hosts: [a.example.org]", "hosts: [a.example.org, '127.0.0.1:TRAP', 'smtp://127.0.0.1:TRAP']"),
        ("hosts: [a.example.org], at: {east: {address: 127.0.0.1, ports: {443: OLD}}}", "hosts: ['localhost:TRAP']"),
        ("hosts: [a.example.org]", "hosts: [{host: 'localhost:TRAP', was: a.example.org}]"),
        ("objectives:", "links: {l: {sites: [east, west], evidence: {vici: ./trap.sock}}}\nobjectives:"),
    ],
)
def test_a_change_does_not_lead_the_gate_elsewhere(
    repository: Repository, trap: socket.socket, tmp_path: Path, edit: tuple[str, str]
) -> None:
    port = trap.getsockname()[1]
    edits = [(edit[0], edit[1].replace("TRAP", str(port))), ("{east: {}}", "{east: {}, west: {}}")]
    repository.edit(*edits, more="history: sqlite:///written.db\n")
    with socket.socket(socket.AF_UNIX) as vici:
        vici.bind(str(tmp_path / "trap.sock"))
        vici.listen()
        vici.setblocking(False)
        gated = Gated()
        with pytest.raises(BlockingIOError):
            vici.accept()
    with pytest.raises(BlockingIOError):
        trap.accept()
    assert gated.code == (0 if "vici" in edit[1] else 3)
    assert not (tmp_path / "written.db").exists()


@pytest.mark.parametrize("name", ["{outside}", "../{name}", "link.txt"])
def test_a_change_does_not_have_other_files_read(
    repository: Repository, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """Its words would stand in the error."""
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("A SECRET=abc\n")
    beside = tmp_path.parent / f"{tmp_path.name}-secret.txt"
    beside.write_text("A SECRET=abc\n")
    (tmp_path / "link.txt").symlink_to(outside)
    inventory = name.format(outside=outside, name=beside.name)
    repository.edit(("hosts: [a.example.org]", f"hosts: [a.example.org], inventory: {inventory}"))
    with pytest.raises(UserError, match="not below") as refused:
        Gated()
    assert "SECRET" not in str(refused.value)


def test_a_change_does_not_say_whom_to_ask_for_dns(repository: Repository) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as trusted, socket.socket(type=socket.SOCK_DGRAM) as trap:
        for resolver in (trusted, trap):
            resolver.bind(("127.0.0.1", 0))
            resolver.setblocking(False)
            address = f"127.0.0.1:{resolver.getsockname()[1]}"
            repository.edit(("{owner: ops@example.org}", f"{{resolver: '{address}'}}"))
            if resolver is trusted:
                repository.git("commit", "-q", "-a", "-m", "A resolver")
        Gated(select="dnssec-signed", seconds=1)
        assert trusted.recv(512)
        with pytest.raises(BlockingIOError):
            trap.recv(512)


def test_a_link_in_the_place_of_the_file_is_refused(repository: Repository, tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.rename(tmp_path / "other.yaml")
    file.symlink_to("other.yaml")
    with pytest.raises(UserError, match=r"targets.yaml: reached by a symbolic link: name the file itself"):
        Gated()


def test_another_repository_in_the_place_of_a_folder_has_no_say(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "ops").mkdir()
    shutil.move(tmp_path / "targets.yaml", tmp_path / "ops")
    inner = Repository.__new__(Repository)
    inner.folder = tmp_path / "ops"
    inner.git("init", "-q")
    inner.git("add", "-A")
    inner.git("commit", "-q", "-m", "All of this was ever known")
    gated = Gated(config="ops/targets.yaml")
    assert gated.code == 3
    assert {kind for kind, _, _ in gated.review} >= {"new"}
    assert any("ops/targets.yaml is new since HEAD" in note for note in gated.document["notes"])


def test_a_base_that_cannot_be_read_says_nothing(repository: Repository, tmp_path: Path) -> None:
    good = (tmp_path / "targets.yaml").read_text("utf-8")
    (tmp_path / "targets.yaml").write_text("version: 2\n", "utf-8")
    repository.git("commit", "-q", "-a", "-m", "Bad")
    (tmp_path / "targets.yaml").write_text(good, "utf-8")
    gated = Gated()
    assert gated.code == 3
    assert any("so all counts as new: HEAD" in note and "targets.yaml:1:10" in note for note in gated.document["notes"])


def test_without_a_base_all_is_asked_and_what_is_severe_fails(repository: Repository) -> None:
    gated = Gated(base=None)
    assert (gated.code, gated.review) == (1, [])
    assert {change for _, change in gated.findings.values()} == {None}


def test_the_screen(repository: Repository) -> None:
    repository.edit(ANOTHER)
    repository.git("commit", "-q", "-a", "-m", "A host")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD~1")
    done = repository.cli("--allow", GITHUB_BASE_REF="main", COLUMNS="140", GITHUB_STEP_SUMMARY="")
    assert (done.code, done.err) == (1, "")
    assert "targets.yaml, compared with origin/main (" in done.out
    assert " BROKEN   targets.yaml:10  Half of it: 1 of 2 -> 1 of 3 (1 new); 50% by 2097-12-31 is at risk" in done.out
    assert " NEW      targets.yaml:6  b.example.org at east: new in this change" in done.out
    assert " WORSE    high      pfs-suites  targets.yaml:6  no cipher suite is forward secret" in done.out
    assert "1 worse, 0 better, 1 still to be mended (-v lists them)" in done.out


CONFIG = """\
events {}
http {
  ssl_protocols TLSv1.2;
  ssl_ciphers ECDHE+AESGCM;
  server {
    listen 443 ssl;
    server_name www.example.org;
    ssl_certificate www.pem;
    ssl_certificate_key www.key;
  }
}
"""


def test_what_a_configuration_does_to_the_goals_is_told_with_it(repository: Repository) -> None:
    config = repository.folder / "nginx.conf"
    config.write_text(CONFIG, "utf-8")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "A configuration")
    config.write_text(CONFIG.replace("ECDHE+AESGCM", "AES128-GCM-SHA256"), "utf-8")
    done = repository.cli("nginx.conf", "--base", "HEAD", "-o", "gate.json", COLUMNS="140")
    assert (done.code, done.err) == (1, "")
    assert "nginx.conf and targets.yaml, compared with HEAD (" in done.out
    assert (
        " BROKEN   targets.yaml:9  The new ones first: 1 of 1 -> 0 of 1 (1 regressed); 100% by 2098-12-31" in done.out
    )
    assert " GOAL     targets.yaml:8  Recordings stay secret: 1 of 2 -> 0 of 2 (1 regressed); 100% by 2099" in done.out
    assert " WORSE    high      pfs-suites  nginx.conf:4  no cipher suite is forward secret" in done.out
    document = json.loads((repository.folder / "gate.json").read_text("utf-8"))
    jsonschema.validate(document, audit_schema())
    assert [each["id"] for each in document["endpoints"]] == ["www.example.org:443"]
    assert {each["id"]: each["counts"]["fail"] for each in document["objectives"]} == {"pfs": 2, "new": 1, "half": 2}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-c", "targets.yaml", "--base", ""), "--base: it is empty"),
        ((), "name a CONFIG, or a targets file with -c"),
        (("-c", "targets.yaml", "--baseline", "x.json"), "--baseline: a targets file is compared with --base"),
    ],
)
def test_what_does_not_go_together_is_said(options: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(cli, ["gate", *options])
    assert done.exit_code == 2
    assert said in done.output


def test_a_base_that_is_none_is_said(repository: Repository) -> None:
    with pytest.raises(UserError, match="--base nowhere: git knows no such revision"):
        Gated(base="nowhere")
