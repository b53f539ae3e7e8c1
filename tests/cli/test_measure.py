"""`tlsaudit measure crawlers` as its users run it."""

import csv
import gzip
import json
import os
import pty
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.cli.command import PROGRAM, Done, tlsaudit
from tests.probe.accesslog.lines import BINGBOT, FIREFOX, GOOGLEBOT, TIME, combined
from tlsaudit.store import Store


def log(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def day(number: int, *, https: int, http: int, agent: str = GOOGLEBOT, referer: str = "-") -> list[str]:
    """Requests of a day of November, from its first minute to its last."""
    tails = [" https"] * https + [" http"] * http
    times = [f"{number:02d}/Nov/2026:00:00:01 +0000"] * (len(tails) - 1) + [f"{number:02d}/Nov/2026:23:59:59 +0000"]
    return [combined(agent, tail=tail, time=at, referer=referer) for tail, at in zip(tails, times, strict=True)]


def crawlers(*arguments: object, **others: Any) -> Done:
    return tlsaudit("measure", "crawlers", *arguments, **others)


def totals(done: Done) -> dict[str, tuple[int, int, int]]:
    """https, http and unknown by crawler and standing."""
    return {
        f"{item['id']} {item['standing']}" if item["standing"] else item["id"]: (
            item["total"]["https"],
            item["total"]["http"],
            item["total"]["unknown"],
        )
        for item in done.document["series"]
    }


def test_the_share_by_day(tmp_path: Path) -> None:
    lines = [
        *day(1, https=1, http=3),
        *day(2, https=2, http=2),
        *day(3, https=3, http=1),
        *day(3, https=5, http=0, agent=BINGBOT),
        *day(3, https=1, http=1, agent=FIREFOX, referer="https://www.google.com/"),
        *day(3, https=1, http=1, agent="GPTBot/1.2"),
    ]
    done = crawlers(log(tmp_path / "access.log", *lines), COLUMNS="110")
    assert (done.code, done.err) == (0, "")
    text = " ".join(done.out.split())
    assert "Crawlers on HTTPS, 1 November 2026 to 3 November 2026 (UTC) · 21 requests in 1 log" in text
    assert "Google 6 6 50% of 12 ▃▅▇ 25% of 4 -> 75% of 4 over 3 days" in text
    assert "Bing 5 0 100% of 5" in text
    assert "together 11 6 64.7% of 17" in text
    assert "OpenAI 1 1 50% of 2" in text
    assert "READERS FROM" in text
    assert "their share on https is at most this" in text
    assert (
        "to verify Bing, Google and OpenAI: --ranges CRAWLER=FILE" in text
        or "to verify Google, Bing and OpenAI" in text
    )


def test_the_document_and_the_table(tmp_path: Path) -> None:
    access = log(tmp_path / "access.log", *day(1, https=1, http=3), *day(2, https=4, http=0))
    table = tmp_path / "out.csv"
    done = crawlers(access, "--format", "json", "-o", table)
    assert done.document["schema"] == "tlsaudit/crawlers/1"
    assert done.document["complete_days"] == ["2026-11-01", "2026-11-02"]
    expected = {"https": 5, "http": 3, "unknown": 0, "denominator": 8, "share": 0.625}
    assert done.document["summary"]["crawler-https"] == expected
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["day"], row["https"], row["denominator"], row["share"], row["complete"]) for row in rows] == [
        ("2026-11-01", "1", "4", "0.250000", "yes"),
        ("2026-11-02", "4", "4", "1.000000", "yes"),
    ]


def test_what_is_unknown_is_never_encrypted(tmp_path: Path) -> None:
    access = log(tmp_path / "a.log", *[combined(head="a:443 "), combined(head="a:8080 ")])
    done = crawlers(access)
    text = " ".join(done.out.split())
    assert "Google 1 0 50% of 2, 1 unknown" in text
    assert "the scheme of 1 request of theirs is not in the log, so they count as not encrypted" in text


def test_the_scheme_of_a_file_is_said(tmp_path: Path) -> None:
    log(tmp_path / "plain-access.log", combined(), combined())
    with gzip.open(tmp_path / "ssl-access.log.1.gz", "wt") as file:
        file.write(combined() + "\n")
    done = crawlers(
        tmp_path / "*access.log*", "--scheme", "https=ssl-*", "--scheme", "http=plain-*", "--format", "json"
    )
    assert totals(done) == {"google claimed": (1, 2, 0)}
    assert [Path(source).name for source in done.document["sources"]] == ["plain-access.log", "ssl-access.log.1.gz"]


def test_standard_input_and_each_file_once(tmp_path: Path) -> None:
    access = log(tmp_path / "access.log", combined(tail=" https"))
    done = crawlers("-", access, f"{tmp_path}/*.log", "--format", "json", stdin=combined(tail=" http") + "\n")
    assert totals(done) == {"google claimed": (1, 1, 0)}


def test_many_chunks_and_processes(tmp_path: Path) -> None:
    """Over 16 MiB, so that several processes share them: one by ranges of bytes, one packed."""
    access = tmp_path / "access.log"
    lines = [combined(tail=" https"), combined(FIREFOX, tail=" http"), combined(BINGBOT, tail=" http"), "nonsense"]
    text = "".join(f"{line}\n" for line in lines) * 40_000
    access.write_text(text, "utf-8")
    assert access.stat().st_size > 16 << 20
    (tmp_path / "access.log.gz").write_bytes(gzip.compress(text.encode(), 1))
    done = crawlers(tmp_path / "access.log*", "--jobs", "2", "--format", "json")
    assert totals(done) == {"google claimed": (80_000, 0, 0), "bing claimed": (0, 80_000, 0)}
    assert (done.document["requests"], done.document["malformed"]) == (240_000, 80_000)
    shown = [(Path(item["file"]).name, item["line"]) for item in done.document["malformed_lines"]]
    assert shown == [("access.log", 4 * number) for number in range(1, 6)]


RANGES = '{"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}]}'


def test_verified_and_not(tmp_path: Path) -> None:
    ranges = tmp_path / "googlebot.json"
    ranges.write_text(RANGES, "utf-8")
    access = log(
        tmp_path / "access.log",
        combined(tail=" https"),
        combined(tail=" http", address="198.51.100.1"),
        combined(BINGBOT, tail=" https"),
    )
    done = crawlers(access, "--ranges", f"google={ranges}", "--format", "json")
    assert totals(done) == {"google verified": (1, 0, 0), "google refuted": (0, 1, 0), "bing claimed": (1, 0, 0)}
    assert done.document["summary"]["crawler-https"]["denominator"] == 2
    text = " ".join(crawlers(access, "--ranges", f"google={ranges}").out.split())
    assert "Google, verified 1 0 100% of 1" in text
    assert "Google, not from its addresses 0 1 0% of 1" in text
    assert "together 2 0 100% of 2" in text


def test_malformed_lines_are_shown_and_harmless(tmp_path: Path) -> None:
    access = log(tmp_path / "access.log", combined(tail=" https"), "\x1b[31mred\x07", combined(tail=" https"))
    done = crawlers(access)
    assert done.code == 0
    assert "\x1b" not in done.out
    assert r"access.log:2: \x1b[31mred\x07" in " ".join(done.out.split())
    assert "1 line of 3" in done.out


@pytest.mark.parametrize(
    ("lines", "arguments", "complaint"),
    [
        (["nonsense\x1b[31m"], [], r"begins with 'nonsense\x1b[31m': say what its format is with --log-format"),
        ([combined()], ["--log-format", "combined-scheme"], "none of its 1 lines could be read"),
        ([combined()], ["--log-format", "$scheme"], "no time"),
        ([combined()], ["--scheme", "ftp"], "write http or https"),
        ([combined()], ["--column", "x=y"], "write ROLE=NAME"),
        ([combined()], ["--ranges", "google"], "write CRAWLER=FILE"),
        ([combined()], ["--ranges", "gogle=x"], "did you mean google?"),
        ([combined()], ["--ranges", "google=no-such-file"], "no-such-file: cannot be read"),
        ([combined()], ["-o", "x.html"], "x.html: no format has this suffix"),
    ],
)
def test_mistakes(tmp_path: Path, lines: Sequence[str], arguments: Sequence[str], complaint: str) -> None:
    done = crawlers(log(tmp_path / "access.log", *lines), *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert complaint in done.err


@pytest.mark.parametrize(
    ("name", "complaint"), [("none-*.log", "there is no such file"), (".", "is a folder; name the logs in it")]
)
def test_no_log(tmp_path: Path, name: str, complaint: str) -> None:
    done = crawlers(tmp_path / name)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert complaint in done.err


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "access.log is empty"),
        ([combined(FIREFOX, tail=" https")], "No request in them is from a known crawler"),
        ([combined()], "the scheme of 1 request of theirs is not in the log"),
    ],
)
def test_nothing_to_measure(tmp_path: Path, lines: Sequence[str], said: str) -> None:
    done = crawlers(log(tmp_path / "access.log", *lines))
    assert done.code == 3
    assert said in " ".join(done.out.split())


def test_each_whole_day_is_recorded(tmp_path: Path) -> None:
    """The day on which the logs end early is not whole, nor is today."""
    today = datetime.now(UTC)
    lines = [
        combined(tail=" http", time="01/Nov/2020:12:00:00 +0000"),
        combined(tail=" http", time="02/Nov/2020:12:00:00 +0000"),
        combined(tail=" https", time="02/Nov/2020:13:00:00 +0000"),
        combined(FIREFOX, tail=" https", referer="https://duckduckgo.com/", time="03/Nov/2020:13:00:00 +0000"),
        combined(tail=" https", time=f"{today:%d/%b/%Y}:00:00:00 +0000"),
        combined(tail=" https", time=f"{today + timedelta(days=1):%d/%b/%Y}:12:00:00 +0000"),
    ]
    access = log(tmp_path / "access.log", *lines)
    database = f"sqlite:///{tmp_path / 'history.db'}"
    for _ in range(2):
        done = crawlers(access, "--record", "--db", database)
        assert done.code == 0
        assert "recorded crawler-https/share, search-readers-https/share of 2 days" in done.err
    with Store.open(database) as store:
        found = store.measurements("crawler-https", "share", today.date())
        readers = store.measurements("search-readers-https", "share", today.date())
    assert [(item.first_day.isoformat(), item.value, item.denominator) for item in found] == [("2020-11-02", 0.5, 2)]
    assert [(item.first_day.isoformat(), item.value, item.denominator) for item in readers] == [("2020-11-03", 1.0, 1)]
    assert json.loads(json.dumps(found[0].body)) == {
        "https": 1,
        "http": 1,
        "series": [{"id": "google", "standing": "claimed", "https": 1, "http": 1, "unknown": 0}],
    }


def test_what_cannot_be_recorded_is_said(tmp_path: Path) -> None:
    access = log(tmp_path / "access.log", combined(tail=" https"))
    done = crawlers(access, "--record", "--db", f"sqlite:///{tmp_path / 'history.db'}")
    assert done.code == 0
    assert "nothing is recorded: the logs cover no day whole" in done.err
    assert not (tmp_path / "history.db").exists()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (zstandard.compress(b"x\n"), "to unpack it: pip install 'tlsaudit[logs]'"),
        (b"[{}]", "to read it: pip install 'tlsaudit[logs]'"),
    ],
)
def test_without_the_extra(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "path"
    path.mkdir()
    hidden = "import sys\nsys.modules['duckdb'] = sys.modules['zstandard'] = None\n"
    (path / "sitecustomize.py").write_text(hidden, "utf-8")
    (tmp_path / "log").write_bytes(content)
    done = crawlers(tmp_path / "log", PYTHONPATH=str(path))
    assert (done.code, done.err) == (2, f"tlsaudit: {tmp_path / 'log'}: {complaint}\n")
    done = crawlers(log(tmp_path / "access.log", combined(tail=" https")), PYTHONPATH=str(path))
    assert done.code == 0


@pytest.mark.parametrize(("options", "shown"), [((), True), (("-q",), False)])
def test_progress_on_a_terminal(tmp_path: Path, options: Sequence[str], shown: bool) -> None:
    access = log(tmp_path / "access.log", combined(tail=" https"))
    terminal, side = pty.openpty()
    command = [str(PROGRAM), "measure", "crawlers", str(access), *options]
    environment = {**os.environ, "TERM": "xterm"}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=side, env=environment, timeout=120, check=True)
    os.write(side, b"\nthe end")
    os.close(side)
    said = b""
    while b"the end" not in said:
        said += os.read(terminal, 65536)
    os.close(terminal)
    assert (b"reading" in said) is shown
    assert b"Google" in done.stdout


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    access = log(tmp_path / "access.log", *[combined(tail=" https")] * 5_000)  # more than the first look takes
    with subprocess.Popen(["sh", "-c", 'exec cat "$1" >"$0"', pipe, access]) as writer:
        try:
            done = crawlers(pipe, "--format", "json")
        finally:
            writer.kill()
    assert totals(done) == {"google claimed": (5_000, 0, 0)}


@pytest.mark.parametrize(
    ("arguments", "line", "doubt"),
    [
        ((), combined(tail=" https"), "access.log is taken to have the scheme in a column with such values"),
        (
            ("--log-format", '%t %{X-Forwarded-Proto}i "%{User-Agent}i"'),
            f'[{TIME}] https "{GOOGLEBOT}"',
            "anybody can send",
        ),
        ((), '{"ts":1795608000,"ua":"Googlebot","http_x_forwarded_proto":"https"}', "anybody can send"),
        ((), combined(head="a:443 "), None),
        (("--log-format", "combined-scheme"), combined(tail=" https"), None),
    ],
)
def test_doubts_are_said(tmp_path: Path, arguments: Sequence[str], line: str, doubt: str | None) -> None:
    done = crawlers(log(tmp_path / "access.log", line), *arguments, "--format", "json")
    notes: list[str] = done.document["notes"]
    assert len(notes) == (1 if doubt else 0)
    assert doubt is None or doubt in notes[0]


def test_a_history_that_is_none_is_told_before_anything_is_read(tmp_path: Path) -> None:
    done = crawlers("-", "--record", "--config", tmp_path / "no-targets.yaml", stdin="nonsense\n")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "no-targets.yaml" in done.err
