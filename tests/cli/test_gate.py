"""What a user may rely on of `tlsaudit gate`: the guilty line, what got worse, and exit codes."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Done, tlsaudit
from tests.servers.programs import require

GOOD = """\
events {}
http {
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
  ssl_session_tickets off;
  add_header Strict-Transport-Security "max-age=31536000" always;
  server {
    listen 80;
    listen [::]:80;
    server_name www.example.org static.example.org;
    return 301 https://$host$request_uri;
  }
  server {
    listen 443 ssl;
    listen [::]:443 ssl;
    server_name www.example.org;
    ssl_certificate /etc/ssl/www.pem;
    ssl_certificate_key /etc/ssl/www.key;
    location / { proxy_pass http://app.internal:8080; }
  }
  server {
    listen 443 ssl;
    server_name static.example.org;
    ssl_certificate /etc/ssl/static.pem;
    ssl_certificate_key /etc/ssl/static.key;
    root /srv/static;
  }
}
"""


@pytest.fixture(autouse=True)
def _nginx() -> None:
    require("nginx", "nginx-light")


class Repository:
    """A git repository with one configuration."""

    def __init__(self, folder: Path, name: str = "nginx.conf") -> None:
        self.folder = folder
        self._name = name
        self.git("init", "-q")

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)

    def commit(self, text: str) -> None:
        (self.folder / self._name).write_text(text, "utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "A change")

    def gate(self, *options: object, **env: Any) -> Done:
        return tlsaudit("gate", self._name, *options, cwd=self.folder, **env)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    require("git", "git")
    made = Repository(tmp_path)
    made.commit(GOOD)
    return made


def found(document: dict[str, Any], *, change: str | None = None) -> set[tuple[str, str, int]]:
    """Check, host and line of what fails, but for mere information."""
    return {
        (each["check"], each["subject"]["id"], each["location"]["line"])
        for each in document["findings"]
        if each["outcome"] == "fail" and each["severity"] != "info" and (change is None or each["change"] == change)
    }


def test_a_good_configuration_passes(repository: Repository) -> None:
    done = repository.gate("--format", "json")
    assert (done.code, done.err) == (0, "")
    assert found(done.document) == set()
    assert {each["id"] for each in done.document["endpoints"]} == {"www.example.org:443", "static.example.org:443"}
    assert done.document["gate"]["judged_with"].startswith("nginx ")
    assert {each["location"]["file"] for each in done.document["findings"] if each["location"]} == {"nginx.conf"}


@pytest.mark.parametrize(
    ("was", "becomes", "guilty"),
    [
        ("ECDHE+AESGCM:ECDHE+CHACHA20", "HIGH", ("pfs-suites", "www.example.org:443", 4)),
        ("return 301", "return 302", ("redirect-https", "www.example.org:443", 11)),
        ("location / {", "location / { add_header X-A b;", ("hsts-max-age", "www.example.org:443", 19)),
    ],
)
def test_what_a_change_makes_worse_is_named_with_its_line(
    repository: Repository, was: str, becomes: str, guilty: tuple[str, str, int]
) -> None:
    assert was in GOOD
    repository.commit(GOOD.replace(was, becomes))
    done = repository.gate("--base", "HEAD~1", "--select", guilty[0], "--format", "json")
    assert done.code == 1
    assert guilty in found(done.document, change="worse")
    assert "HEAD~1 (" in done.document["gate"]["base"]


def test_an_older_version_less_is_no_worse(repository: Repository) -> None:
    repository.commit(GOOD.replace("TLSv1.2 TLSv1.3", "TLSv1.3"))
    done = repository.gate("--base", "HEAD~1", "--format", "json")
    assert (done.code, found(done.document)) == (0, set())


@pytest.mark.parametrize(
    ("was", "becomes", "select"),
    [
        ("ECDHE+AESGCM:ECDHE+CHACHA20:AES128-GCM-SHA256", "HIGH", "pfs-suites"),
        ("max-age=86400", "max-age=3600", "hsts-max-age"),
        ("max-age=86400", "", "hsts-max-age"),
    ],
)
def test_what_was_bad_before_and_is_now_worse_fails(
    repository: Repository, was: str, becomes: str, select: str
) -> None:
    bad = GOOD.replace("ECDHE+AESGCM:ECDHE+CHACHA20", "ECDHE+AESGCM:ECDHE+CHACHA20:AES128-GCM-SHA256")
    bad = bad.replace("max-age=31536000", "max-age=86400")
    repository.commit(bad)
    repository.commit(bad.replace(was, becomes))
    done = repository.gate("--base", "HEAD~1", "--select", select, "--format", "json")
    assert done.code == 1
    worse = found(done.document, change="worse")
    assert {check for check, _, _ in worse} == {select}
    repository.commit(bad)
    back = repository.gate("--base", "HEAD~1", "--select", select, "--format", "json")
    assert (back.code, found(back.document, change="worse")) == (0, set())


def test_what_was_bad_before_fails_no_change(repository: Repository) -> None:
    bad = GOOD.replace("return 301", "return 302")
    repository.commit(bad)
    repository.commit(bad.replace("max-age=31536000", "max-age=63072000"))
    done = repository.gate("--base", "HEAD~1", "--format", "json")
    assert done.code == 0
    assert {check for check, _, _ in found(done.document)} == {"redirect-https"}
    assert found(done.document, change="worse") == set()


def test_what_fails_otherwise_is_told_with_what_it_was(repository: Repository) -> None:
    repository.commit(GOOD.replace("return 301", "return 302"))
    repository.commit(GOOD.replace("return 301 https://$host", "return 302 https://www.example.net"))
    done = repository.gate("--base", "HEAD~1", "--select", "redirect-https", COLUMNS="200")
    assert done.code == 0
    assert "not permanent · was: http -> 302 https://www.example.org/: not permanent" in done.out


def test_what_gets_better_is_told(repository: Repository) -> None:
    repository.commit(GOOD.replace("return 301", "return 302"))
    repository.commit(GOOD)
    done = repository.gate("--base", "HEAD~1", "--select", "redirect-https")
    assert done.code == 0
    assert " BETTER   medium    redirect-https  nginx.conf:11" in done.out
    assert "0 worse, 1 better" in done.out


@pytest.mark.parametrize(
    ("was", "asked", "unaffected"),
    [
        ("root /srv/static;", "static.example.org:443", "www.example.org:443"),
        ("location / {", "www.example.org:443", "static.example.org:443"),  # in the socket's default server
    ],
)
def test_a_host_that_the_change_cannot_affect_is_not_asked(
    repository: Repository, was: str, asked: str, unaffected: str
) -> None:
    repository.commit(GOOD.replace(was, f"{was} add_header X-A b;"))
    done = repository.gate("--base", "HEAD~1", "--select", "hsts-max-age", "--format", "json")
    assert [each["id"] for each in done.document["endpoints"]] == [asked]
    assert done.document["gate"]["unaffected"] == [unaffected]


def test_the_base_is_that_of_the_pull_request(repository: Repository) -> None:
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.commit(GOOD.replace("return 301", "return 302"))
    done = repository.gate("--select", "redirect-https", GITHUB_BASE_REF="main")
    assert done.code == 1
    assert "compared with origin/main (" in done.out


def test_an_earlier_run_is_as_good_as_a_base(repository: Repository, tmp_path: Path) -> None:
    baseline = tmp_path / "gate.json"
    assert repository.gate("--select", "redirect-https", "-o", baseline).code == 0
    repository.commit(GOOD.replace("return 301", "return 302"))
    done = repository.gate("--baseline", baseline, "--select", "redirect-https", "--format", "json")
    assert done.code == 1
    assert {check for check, _, _ in found(done.document, change="worse")} == {"redirect-https"}


def test_what_was_compared_with_a_base_is_no_baseline(repository: Repository, tmp_path: Path) -> None:
    """It says nothing of hosts that its change did not affect, which would all count as worse."""
    baseline = tmp_path / "gate.json"
    repository.gate("--base", "HEAD", "--select", "redirect-https", "-o", baseline)
    done = repository.gate("--baseline", baseline, "--select", "redirect-https")
    assert done.code == 2
    assert "it was compared with a base, and says nothing of" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("comment", "code", "said"),
    [
        ("# tlsaudit: ignore[redirect-https] a campaign, until 2999-01-31", 0, "excused: a campaign"),
        ("# tlsaudit: ignore[redirect-https] a campaign, until 2020-01-31", 1, "was until 2020-01-31"),
        ("# tlsaudit: ignore[hsts-max-age] a campaign, until 2999-01-31", 1, "excuses nothing"),
        ("# tlsaudit: ignore[hsts-maxage] a campaign, until 2999-01-31", 2, "did you mean hsts-max-age?"),
        ("# tlsaudit: ignore[redirect-https]", 2, "nginx.conf:11: write # tlsaudit: ignore[check-id] reason, until"),
        ("# tlsaudit: ignore[redirect-https] a campaign, until May", 2, "nginx.conf:11: May is no date"),
    ],
)
def test_a_comment_excuses_a_line_until_a_day(repository: Repository, comment: str, code: int, said: str) -> None:
    repository.commit(GOOD.replace("    return 301", f"    {comment}\n    return 302"))
    done = repository.gate("--select", "redirect-https", "--fail-on", "medium", COLUMNS="200")
    assert done.code == code
    assert said in done.out + done.err


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("events {} http { server { listen 443 ssl; server_name a.example.org; ssl_ciphers NONE; } }", 2,
         "tlsaudit: nginx.conf:1: nginx does not start: "),
        ("events {} http { perl_modules x; }", 2, "tlsaudit: nginx.conf:1: perl_modules runs code"),
        ("events {} http { server { listen 80; } }", 2, "no server listens with ssl"),
        ("events {} http {", 2, "nginx.conf:1: unexpected end of file"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_line(tmp_path: Path, text: str, code: int, said: str) -> None:
    (tmp_path / "nginx.conf").write_text(text, "utf-8")
    done = tlsaudit("gate", "nginx.conf", cwd=tmp_path)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_a_name_in_a_message_moves_no_cursor(tmp_path: Path) -> None:
    name = "evil" + chr(27) + "[2J.conf"
    (tmp_path / name).write_text("events {} http {", "utf-8")
    done = tlsaudit("gate", name, cwd=tmp_path)
    assert done.err.startswith(r"tlsaudit: evil\x1b[2J.conf:1: unexpected end of file")


def test_a_server_that_is_not_there_is_no_verdict(repository: Repository) -> None:
    done = repository.gate("--daemon", "/nowhere/nginx")
    assert (done.code, done.err) == (3, "tlsaudit: /nowhere/nginx: there is no such program\n")


def test_a_revision_that_git_does_not_know(repository: Repository, tmp_path: Path) -> None:
    done = repository.gate("--base", "nowhere")
    assert (done.code, done.err) == (2, "tlsaudit: --base nowhere: git knows no such revision\n")
    repository.commit(GOOD + "# more\n")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{tmp_path}", shallow], check=True, capture_output=True)
    done = tlsaudit("gate", "nginx.conf", "--base", "HEAD~1", cwd=shallow)
    assert done.code == 2
    assert "fetch-depth: 0" in done.err


def test_a_template_is_rendered_and_its_own_line_named(tmp_path: Path) -> None:
    repository = Repository(tmp_path, "nginx.conf.in")
    template = GOOD.replace("31536000", "@AGE@").replace("events {}\n", "events {}\n# @MORE@\n")
    repository.commit(template)
    repository.commit(template.replace("return 301", "return 302"))
    command = "sed -e 's/@AGE@/300/' -e 's/^# @MORE@$/# one\\n# two/'"
    done = repository.gate("--base", "HEAD~1", "--render", command, "--format", "json")
    assert done.code == 1
    assert ("redirect-https", "www.example.org:443", 12) in found(done.document, change="worse")
    assert ("hsts-max-age", "www.example.org:443", 7) in found(done.document, change="same")
    assert {each["location"]["file"] for each in done.document["findings"] if each["location"]} == {"nginx.conf.in"}
    done = repository.gate("--render", "echo no such template >&2; exit 3")
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("exit 3 with nginx.conf.in: no such template\n")


def test_nothing_is_written_beside_the_configuration(repository: Repository) -> None:
    before = sorted(path.name for path in repository.folder.rglob("*") if ".git" not in path.parts)
    repository.gate("--select", "redirect-https")
    assert sorted(path.name for path in repository.folder.rglob("*") if ".git" not in path.parts) == before


def test_several_formats_in_one_run(repository: Repository, tmp_path: Path) -> None:
    repository.commit(GOOD.replace("return 301", "return 302"))
    files = [tmp_path / name for name in ("gate.json", "gate.html", "gate.txt")]
    assert (
        repository.gate(
            "--select", "redirect-https", "--fail-on", "never", *[word for file in files for word in ("-o", file)]
        ).code
        == 0
    )
    assert ("redirect-https", "www.example.org:443", 11) in found(json.loads(files[0].read_text("utf-8")))
    assert all("redirect-https" in file.read_text("utf-8") for file in files)
