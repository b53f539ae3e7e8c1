import io
import re
from typing import Any

import pytest
from rich.cells import cell_len

from tests.report import views
from tlsaudit.report import Options, format_by_name
from tlsaudit.report.document import AnswerRecord, DecisionRecord, GoalpostsRecord, ReadinessRecord
from tlsaudit.report.terminal import make_console, render_goals, render_scan, render_summary
from tlsaudit.report.view import AuditView

EXAMPLES = [views.one_host, views.timetable, views.edited, views.overdue, views.fleet, views.hostile]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def scan(view: AuditView, width: int = 100, **options: Any) -> str:
    out = io.StringIO()
    render_scan(view, make_console(out, width), Options(**options))
    return out.getvalue()


def goals(view: AuditView, width: int = 100) -> str:
    out = io.StringIO()
    render_goals(view.objectives, view.header, views.AT, make_console(out, width))
    return out.getvalue()


def report(view: AuditView, width: int = 100, **options: Any) -> str:
    out = io.StringIO()
    format_by_name("terminal").render(view, out, Options(width=width, **options))
    return out.getvalue()


def has_line(text: str, *words: str) -> bool:
    """True where a line has these words in this order, whatever stands between."""
    return any(re.search(".*".join(map(re.escape, words)), line) for line in text.splitlines())


def test_the_scan_screen() -> None:
    assert scan(views.one_host(), exit_code=1, fail_on="high").splitlines() == [
        "example.org:443  192.0.2.10   TLS 1.3 1.2 1.0 · X25519MLKEM768 · ECDSA P-256, 61 of 90 days left",
        "                 2001:db8::10  not tried: no IPv6 route from here",
        "",
        " FAIL     high      tls-versions          TLS 1.0 is served",
        "          fix       nginx: ssl_protocols TLSv1.2 TLSv1.3;",
        " FAIL     medium    redirect-https        http -> 302 https://www.example.org/: other host, not",
        "                                          permanent",
        "          fix       nginx: return 301 https://$host$request_uri;",
        " UNKNOWN  -         canonical-https       403 from the server: nothing to judge",
        "",
        " pass 5   pfs-suites pfs-clients hsts-max-age certificate-trust certificate-validity",
        "",
        "5 pass, 2 fail, 1 unknown",
        "24 connections, 1.2 s · exit 1 (--fail-on high) · why: tlsaudit explain tls-versions",
    ]


def test_the_exit_code_is_told_only_by_who_knows_it() -> None:
    assert "exit" not in scan(views.one_host())
    assert "exit 0\n" in scan(views.view([views.endpoint("a.example")], []), exit_code=0)


def test_verbose_says_why_checks_passed_and_knows_every_server() -> None:
    text = scan(views.one_host(), verbose=True)
    assert has_line(text, "PASS", "pfs-suites", "all 6 suites are forward secret")
    assert has_line(text, "fix", "apache: SSLProtocol -all +TLSv1.2 +TLSv1.3")
    assert has_line(text, "fix", "haproxy: ssl-default-bind-options ssl-min-ver TLSv1.2")


def test_an_endpoint_that_did_not_answer_is_one_line_and_not_a_line_for_each_check() -> None:
    silent = views.endpoint("b.example", reachable=False, reason="timed out", headline=[])
    text = scan(views.view([silent], [views.finding(f"c{i}", silent.id, "unknown", "timed out") for i in range(9)]))
    assert has_line(text, "b.example:443", "no answer: timed out")
    assert has_line(text, "UNKNOWN", "9 checks: nothing to judge")
    assert text.count("UNKNOWN") == 1


def test_the_worst_address_is_named_where_there_are_several() -> None:
    host = views.endpoint("a.example", addresses=["192.0.2.1", "192.0.2.2"])
    found = views.finding("tls-versions", host.id, "fail", "TLS 1.0 is served", address="192.0.2.2")
    assert has_line(scan(views.view([host], [found])), "TLS 1.0 is served (192.0.2.2)")


def test_a_waived_failure_shows_its_reason_and_is_not_the_one_to_read_up_on() -> None:
    text = scan(views.timetable(), width=240)
    assert has_line(text, "WAIVED", "pfs-clients", "excused: Old load balancer, replaced in March")
    assert "why: tlsaudit explain ipsec-coverage" in text


def test_the_worst_failure_of_all_endpoints_is_the_one_to_read_up_on() -> None:
    hosts = [views.endpoint(f"{name}.example") for name in "abc"]
    found = [
        views.finding("canonical-https", hosts[0].id, "fail", "none", severity="medium"),
        views.finding("certificate-trust", hosts[1].id, "fail", "self-signed", severity="critical"),
        views.finding("canonical-https", hosts[2].id, "fail", "none", severity="medium"),
    ]
    assert "why: tlsaudit explain certificate-trust" in scan(views.view(hosts, found))


def test_findings_about_links_come_under_their_own_name() -> None:
    lines = scan(views.timetable()).splitlines()
    start = lines.index("link east-west")
    assert has_line(lines[start + 2], "FAIL", "critical", "ipsec-coverage", "no SA for 10.64.0.0/16 -> 10.192.0.0/16")


def test_above_ten_hosts_findings_are_grouped_by_check() -> None:
    text = scan(views.fleet())
    assert text.startswith("300 endpoints, 297 answered\n")
    assert has_line(text, "FAIL", "high", "tls-versions", "TLS 1.0 is served: 14 hosts")
    assert text.count("TLS 1.0 is served") == 1
    assert has_line(text, "UNKNOWN", "no answer from 3 hosts", "connection refused: 2, timed out: 1", "-v lists them")
    assert "h0007.example.org" not in text
    assert "and 15 more findings with other messages (-v lists them)" in text
    assert len(text.splitlines()) < 25


def test_verbose_lists_the_hosts_of_each_group() -> None:
    text = scan(views.fleet(), verbose=True)
    assert has_line(text, "h0007.example.org:443@west (timed out)")
    assert text.count("h0021.example.org:443@west") == 1
    assert "max-age is 119 s: h0119.example.org:443@west" in text
    assert "-v lists them" not in text


@pytest.mark.parametrize(("hosts", "grouped"), [(10, False), (11, True)])
def test_ten_hosts_are_few(hosts: int, grouped: bool) -> None:
    text = scan(views.fleet(hosts))
    assert text.startswith(f"{hosts} endpoints") is grouped
    assert has_line(text, "h0003.example.org:443@west  ") is not grouped


def test_the_goals_screen() -> None:
    text = goals(views.timetable())
    assert text.splitlines()[0] == (
        "Encryption goals, 2015-03-01 · 6 endpoints at 2 sites, 1 link · audited 02:10 UTC · 16 of 17 judged"
    )
    assert has_line(text, "STATUS", "GOAL", "NOW", "MILESTONE", "FORECAST", "WHO")
    assert has_line(text, "OVERDUE", "Recorded traffic", "5 of 6, 1 waived", "100% 2014-12-31 60d", " - ", "web")
    assert has_line(text, "OVERDUE", "Traffic between", "0 of 1", "100% 2015-02-28 1d", "no change", "net")
    assert has_line(text, "AT RISK", "2 of 4, 1 unknown", "100% 2015-06-16", "Jul-Sep", "web")
    assert has_line(text, "UNDECIDED", "ready: 3 of 6", "decide 2015-06-30", "cto")
    assert has_line(text, "ON TRACK", "52%, was 61%", "<= 45% 2015-06-30", "May-Jun", "ops")
    assert has_line(text, "Blocks", "pfs-clients: login.example.org at west: 2 of 12")
    assert "         ipsec-coverage: east-west: no SA for 10.64.0.0/16 -> 10.192.0.0/16\n" in text
    assert has_line(text, "Waived  login@west pfs-clients: expires in 30 days")
    assert has_line(text, "Moved   no goalpost since 2015-02-01")
    assert has_line(text, "Notes   the extra sslyze is not installed")


def test_goalposts_that_moved_are_listed_the_newest_first() -> None:
    lines = goals(views.edited(), 160).splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith(" Moved"))
    both = "Search engines use HTTPS and Recorded traffic stays secret"
    assert lines[start:] == [
        " Moved   not audited yet, Encrypt between data centres: 100% by 2015-01-31 -> 100% by 2015-02-28 (easier)",
        f"         2015-02-20 {both}: m.example.org at east left the scope, it did not pass (easier)",
        "         2015-02-20 hsts-max-age: options minimum: 365d -> minimum: 180d",
        "         2015-02-20 Search engines use HTTPS: milestone added: 50% by 2015-04-30",
        "         2 goalposts after that day: all is held against the targets file as it is now",
    ]


def test_long_lists_of_moves_are_counted_unless_all_are_asked_for() -> None:
    moves = [views.move("milestone", f"goal {number}", "a", f"b{number}") for number in range(9)]
    goalposts = GoalpostsRecord(known_since=views.day("2015-02-01"), moves=moves)
    view = views.view([], [], [views.undecided()], goalposts=goalposts)
    assert has_line(goals(view), "and 4 more since 2015-02-01")
    assert "goal 5" not in goals(view)
    assert "goal 8" in report(view, verbose=True)


def test_a_decision_has_its_sheet_below_the_goals() -> None:
    text = goals(views.timetable())
    assert has_line(text, "Decide  Decide whether HTTPS is forced for everyone · Undecided: due 30 June, in 121 days.")
    assert has_line(text, "open            3 of 4 already force https")
    assert has_line(text, "ready           a first visit takes 31 ms longer")
    assert has_line(text, "does not apply  Do cookies stay off http?")
    assert "NOT DECIDED" not in text
    assert "IE 7 on Windows Vista" not in text
    assert "IE 7 on Windows Vista" in report(views.timetable(), verbose=True)


def test_a_question_of_which_nothing_is_known_is_named_in_the_sheet() -> None:
    found = views.counts(unknown=1, not_applicable=2)
    cookies = AnswerRecord(question="cookies", check="cookies-secure", counts=found, open=[], measured=None)
    item = views.undecided(readiness=ReadinessRecord(answers=[cookies], exceptions=[]))
    text = goals(views.view([], [], [item]))
    assert has_line(text, "open            Do cookies stay off http? not known where it may apply, at 1 endpoint")


def test_an_overdue_decision_is_loud() -> None:
    text = goals(views.overdue(), 160)
    loud = (
        "Decide whether HTTPS is forced for everyone · Late by 9 days: it was due 20 February, and nothing is decided."
    )
    assert has_line(text, f" NOT DECIDED  {loud} It is for cto@example.org.")
    assert text.index("NOT DECIDED") < text.index("STATUS")
    assert has_line(text, "OVERDUE", "not decided, ready: 2 of 5 questions", "decide 2015-02-20 9d", "cto")


def test_a_decision_that_is_taken_names_its_record_and_keeps_its_sheet_for_who_asks() -> None:
    taken = DecisionRecord(outcome="force", decided=views.AT, record="https://example.org/minutes")
    view = views.view([], [], [views.undecided(status="met", decision=taken)])
    assert has_line(goals(view, 160), "MET", "decided: force on 2015-03-01")
    said = "Decided on 1 March 2015: HTTPS is forced. https://example.org/minutes"
    assert has_line(goals(view, 160), f"Decided Decide whether HTTPS is forced for everyone · {said}")
    assert "already force https" not in goals(view)
    assert "already force https" in report(view, verbose=True)


def test_what_was_not_measured_is_one_line() -> None:
    left = [views.answer(question, views.counts(unknown=2)) for question in ("enforced", "latency")]
    goal = views.undecided(readiness=ReadinessRecord(answers=left, exceptions=[]))
    text = goals(views.view([], [], [goal]))
    assert has_line(text, "not measured    Is it forced already? What does it cost?")
    assert has_line(text, "UNDECIDED", " undecided ")


def test_a_look_back_names_the_day_of_the_audit() -> None:
    view, out = views.timetable(), io.StringIO()
    render_goals(view.objectives, view.header, views.day("2015-04-02"), make_console(out, 120))
    assert "Encryption goals, 2015-04-02" in out.getvalue()
    assert "audited 2015-03-01 02:10 UTC" in out.getvalue()
    assert has_line(out.getvalue(), "Waived", "expired 2 days ago")


def test_long_lists_of_what_blocks_a_goal_are_counted() -> None:
    goal = views.objective(
        "g", "G", status="at-risk", blocking=[views.blocker("c", f"host{i}", "bad") for i in range(12)]
    )
    text = goals(views.view([], [], [goal]))
    assert "host4: bad" in text
    assert "host5: bad" not in text
    assert "g: and 7 more" in text


def test_the_terminal_format_shows_the_goals_where_there_are_some_else_the_scan() -> None:
    assert report(views.timetable()).startswith("Encryption goals")
    assert report(views.timetable()).endswith("13 pass, 2 fail, 1 unknown, 1 waived\n144 connections, 1.2 s\n")
    assert report(views.one_host()).startswith("example.org:443")


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 160])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_wider_than_the_terminal(example: Any, width: int, verbose: bool) -> None:
    text = scan(example(), width, verbose=verbose, exit_code=1, fail_on="high") + goals(example(), width)
    text += report(example(), width, verbose=verbose)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert not re.search(r"[ \t]+$", text, re.MULTILINE)


def test_wide_characters_are_counted_by_their_columns() -> None:
    goal = views.objective(
        "g", "検索エンジンがすべてのページを暗号化して索引する" * 3, share=0.5, counts=views.counts(1, fail=1)
    )
    for width in (40, 80):
        assert max(cell_len(line) for line in goals(views.view([], [], [goal]), width).splitlines()) <= width


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_nothing_that_matters_is_lost_at_any_width(width: int) -> None:
    def flat(text: str) -> str:
        return " ".join(text.split())

    shown = flat(scan(views.one_host(), width))
    for words in (
        "FAIL", "high", "tls-versions", "TLS 1.0 is served", "nginx: ssl_protocols TLSv1.2 TLSv1.3;", "canonical-https",
        "403 from the server: nothing to judge", "certificate-validity", "61 of 90 days left",
        "tlsaudit explain tls-versions",
    ):  # fmt: skip
        assert words in shown
    shown = flat(goals(views.timetable(), width))
    for words in ("OVERDUE", "0 of 1", "no change", "net", "Jul-Sep", "ready: 3 of 6", "2014-12-31", "60d", "May-Jun"):
        assert words in shown


@pytest.mark.parametrize("render", [scan, goals, report])
def test_what_a_server_says_cannot_steer_the_terminal(render: Any) -> None:
    text = render(views.hostile())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "\\x1b[2J" in text
    assert "[bold" in text


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def colours(out: io.StringIO) -> bool:
    console = make_console(out, 80)
    render_scan(views.one_host(), console)
    render_summary(views.one_host().header, console)
    return "\x1b[" in out.getvalue()


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        (Terminal, {}, True),
        (io.StringIO, {}, False),
        (io.StringIO, {"FORCE_COLOR": "1"}, True),
        (Terminal, {"NO_COLOR": "1"}, False),
        (Terminal, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (Terminal, {"TERM": "dumb"}, False),
    ],
)
def test_when_there_are_colours(
    stream: type[io.StringIO], environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert colours(stream()) is expected


def test_no_columns_are_the_usual_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    out = io.StringIO()
    render_scan(views.one_host(), make_console(out), Options())
    assert out.getvalue() == scan(views.one_host(), 80)
