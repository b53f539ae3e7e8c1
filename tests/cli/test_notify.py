"""`tlsaudit audit --notify` and `tlsaudit notify`, on a real server, to a real webhook."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.app.notify.past import Past
from tests.app.notify.receivers import Webhook, webhook
from tests.cli.command import Done, at, tlsaudit
from tests.servers import CertificateAuthority, Server, Shape, serve
from tlsaudit.store import Store

TARGETS = """\
version: 1
services:
  www: {hosts: [www.example.org], owner: web@example.org}
notify: {page: $PAGER, mail: $MAIL}
"""
WWW = ("www.example.org", "hsts-max-age")


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "targets.yaml").write_text(TARGETS, "utf-8")
    return tmp_path


@pytest.fixture
def regressed(tmp_path: Path) -> Path:
    """A folder whose history has a regression, told to nobody."""
    past = Past(tmp_path, TARGETS)
    past.audit({WWW: "p"})
    past.tell({})
    past.audit({WWW: "ff"})
    return tmp_path


def assert_no_secret(done: Done) -> None:
    assert "s3cret" not in done.out + done.err
    assert "t0ken" not in done.out + done.err


def test_an_audit_tells_what_regressed(folder: Path, hook: Webhook, ca: CertificateAuthority, ca_file: Path) -> None:
    def audit(server: Server, *options: object, **more: Any) -> Done:
        chosen = ("--ca-file", ca_file, "--select", "tls-versions", *options)
        return tlsaudit("audit", *chosen, *at(server), cwd=folder, PAGER=hook.url, MAIL=hook.url, **more)

    with serve("nginx", ca=ca) as modern:
        assert audit(modern, "--notify").code == 0
    with serve("nginx", Shape.LEGACY, ca=ca) as old:
        assert audit(old, "--notify").code == 0
        assert hook.messages == []
        hook.answer = 500
        done = audit(old, TLSAUDIT_NOTIFY="1")
        assert done.code == 0
        complaint = "tlsaudit: $PAGER: not delivered: the answer was HTTP 500; the next run tries again"
        assert done.err.splitlines()[-1] == complaint
        assert_no_secret(done)
        hook.answer = 200
        done = audit(old, "--notify")
    told = "told $PAGER: tlsaudit (web@example.org): 1 regression"
    assert (done.code, done.err.splitlines()[-1]) == (0, told)
    (message,) = hook.messages
    assert "www.example.org: TLS 1.0" in message["message"]
    assert f"Report: {folder / 'reports' / 'report.html'}" in message["message"]
    assert_no_secret(done)


def test_notify_stands_alone(regressed: Path, hook: Webhook) -> None:
    def notify(*options: object) -> Done:
        return tlsaudit("notify", *options, cwd=regressed, PAGER=hook.url, MAIL=hook.url)

    hook.answer = 403
    done = notify()
    complaint = "tlsaudit: $PAGER: not delivered: the answer was HTTP 403; the next run tries again\n"
    assert (done.code, done.err) == (1, complaint)
    hook.answer = 200
    done = notify()
    assert (done.code, done.err) == (0, "")
    assert "told $PAGER: tlsaudit (web@example.org): 1 regression\n" in done.out
    titles = [message["title"] for message in hook.messages]
    assert "tlsaudit (web@example.org): 1 regression" in titles
    assert (notify().out, len(hook.messages)) == ("nothing new to tell\n", len(titles))


def test_a_dry_run_names_variables_and_changes_nothing(regressed: Path, hook: Webhook) -> None:
    def notices() -> list[object]:
        with Store.open(f"sqlite:///{regressed / 'history.db'}") as store:
            return list(store.told())

    before = notices()
    known: Sequence[dict[str, Any]] = ({}, {"PAGER": hook.url})
    for variables in known:
        done = tlsaudit("notify", "--dry-run", cwd=regressed, **variables)
        assert (done.code, done.err) == (0, "")
        assert "To: $PAGER (page)\nSubject: tlsaudit (web@example.org): 1 regression\n\nREGRESSED  hsts-max" in done.out
        assert_no_secret(done)
    assert (notices(), hook.messages) == (before, [])


@pytest.mark.parametrize("command", [("audit", "--notify"), ("notify",)])
@pytest.mark.parametrize(
    ("targets", "variables", "complaint"),
    [
        (
            TARGETS.replace("notify:", "#"),
            {},
            "nobody to tell: add notify: {mail: $MAIL_URL}, a variable with the address",
        ),
        (TARGETS, {}, "targets.yaml:4:1: $PAGER, $MAIL are not set: each holds an Apprise URL such as "),
        (TARGETS, {"PAGER": "json://127.0.0.1/s3cret", "MAIL": " "}, "targets.yaml:4:1: $MAIL is not set: "),
        (
            TARGETS,
            {"PAGER": "json://127.0.0.1/s3cret", "MAIL": "s3cret"},
            "targets.yaml:4:1: $MAIL holds no Apprise URL, such as ",
        ),
        (TARGETS.replace("$MAIL", "json://x/s3cret"), {}, "targets.yaml:4:30: an address may hold a secret: "),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_done(
    folder: Path, command: tuple[str, ...], targets: str, variables: dict[str, Any], complaint: str
) -> None:
    (folder / "targets.yaml").write_text(targets, "utf-8")
    done = tlsaudit(*command, cwd=folder, **variables)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert complaint in done.err
    assert_no_secret(done)
    assert [file.name for file in folder.iterdir()] == ["targets.yaml"]


def test_without_the_extra(regressed: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("path")
    (path / "sitecustomize.py").write_text("import sys\nsys.modules['apprise'] = None\n", "utf-8")
    done = tlsaudit("notify", cwd=regressed, PYTHONPATH=str(path), PAGER="json://x", MAIL="json://x")
    complaint = "tlsaudit: notices are sent with apprise: pip install 'tlsaudit[notify]'\n"
    assert (done.code, done.out, done.err) == (2, "", complaint)
    assert tlsaudit("notify", "--dry-run", cwd=regressed, PYTHONPATH=str(path)).code == 0


def test_without_a_history(folder: Path) -> None:
    done = tlsaudit("notify", "--dry-run", cwd=folder)
    assert (done.code, done.err) == (2, f"tlsaudit: history {folder / 'history.db'}: there is no such file\n")
