"""The notify section of targets.yaml: names of environment variables in the place of addresses."""

from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from tlsaudit.target import Channels, TargetsError, load_targets, targets_schema
from tlsaudit.target.source import read_source

HEAD = """\
version: 1
services:
  www: {hosts: [www.example.org], owner: web@example.org}
"""


def write(folder: Path, section: str) -> Path:
    path = folder / "targets.yaml"
    path.write_text(HEAD + section, "utf-8")
    return path


def test_the_whole_section(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
notify:
  page: $PAGER_URL
  mail: [$MAIL_URL, $_chat2]
  owners: {web@example.org: {mail: $WEB_MAIL}}
  page_for: [critical, certificate]
  report: https://reports.example.org/
  stale_after: 30h
""",
    )
    notify = load_targets(path).notify
    assert notify is not None
    assert notify.everybody == Channels(page=("PAGER_URL",), mail=("MAIL_URL", "_chat2"))
    assert notify.owners == {"web@example.org": Channels(mail=("WEB_MAIL",))}
    assert notify.page_for == {"critical", "certificate"}
    assert notify.report == "https://reports.example.org/"
    assert notify.stale_after == timedelta(hours=30)
    assert notify.variables == ("PAGER_URL", "MAIL_URL", "_chat2", "WEB_MAIL")
    jsonschema.validate(read_source(path).values, targets_schema())


def test_the_least_section(tmp_path: Path) -> None:
    notify = load_targets(write(tmp_path, "notify: {mail: $MAIL_URL}\n")).notify
    assert notify is not None
    assert notify.everybody == Channels(mail=("MAIL_URL",))
    assert notify.page_for == {"critical", "high", "overdue", "outage"}
    assert load_targets(write(tmp_path, "notify:\n")).notify is None


SECRET = "an address may hold a secret: put it into an environment variable, and write its name here, such as $MAIL_URL"


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ("notify: {mail: 'mailtos://me:s3cret@example.org'}", f"4:16: {SECRET}"),
        ("notify: {mail: [$OK, json://s3cret]}", f"4:22: {SECRET}"),
        ("notify:\n  owners:\n    web@example.org:\n      page: s3cret", f"7:13: {SECRET}"),
        ("notify: {mail: '${s3cret}'}", f"4:16: {SECRET}"),
        ("notify: {mail: $}", f"4:16: {SECRET}"),
        ("notify: mailtos://me:s3cret@example.org", "4:9: notify takes a mapping: such as {key: value}"),
        ("notify: {}", "4:1: notify names no address: write mail: $MAIL_URL, the variable that holds one"),
        ("notify: {mial: $X, mail: $Y}", "4:10: unknown key mial: did you mean mail?"),
        ("notify: {owners: {web@example.org: {pages: $X}}}", "4:37: unknown key pages: did you mean page?"),
        (
            "notify: {mail: $X, owners: {wbe@example.org: {mail: $Y}}}",
            "4:29: wbe@example.org owns nothing in this file: did you mean web@example.org?",
        ),
        (
            "notify: {mail: $X, page_for: [hgih]}",
            "4:31: page_for: hgih is not one of critical, high, medium, low, info, overdue, outage, certificate,",
        ),
        ("notify: {mail: $X, stale_after: soon}", "4:33: soon is no duration: write 7d, 12h or 30m"),
    ],
)
def test_a_mistake_is_one_line_that_repeats_no_secret(tmp_path: Path, section: str, complaint: str) -> None:
    path = write(tmp_path, section + "\n")
    with pytest.raises(TargetsError) as error:
        load_targets(path)
    assert str(error.value).startswith(f"{path}:{complaint}")
    assert "\n" not in str(error.value)
    assert "s3cret" not in str(error.value)
