import base64
import hashlib
import io
import re
from itertools import pairwise, product
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.report import views
from tlsaudit.report import format_by_name
from tlsaudit.report.document import DecisionRecord
from tlsaudit.report.view import AuditView

EXAMPLES = [views.one_host, views.timetable, views.edited, views.overdue, views.fleet, views.hostile]


def rendered(view: AuditView) -> str:
    out = io.StringIO()
    format_by_name("html").render(view, out)
    return out.getvalue()


def page(view: AuditView) -> Any:
    return BeautifulSoup(rendered(view), "lxml")


def words(element: Any) -> str:
    return " ".join(element.get_text(" ").split())


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_page_is_well_built(example: Any) -> None:
    html = page(example())
    assert html.html["lang"] == "en"
    assert html.title.get_text().startswith("Encryption")
    assert len(html.find_all("h1")) == len(html.find_all("main")) == 1
    ids = [tag["id"] for tag in html.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for table in html.find_all("table"):
        assert words(table.caption)
        assert all(head.get("scope") in ("col", "row") for head in table.find_all("th"))
    for tag in html.find_all(attrs={"aria-labelledby": True}):
        assert set(tag["aria-labelledby"].split()) <= set(ids)
    levels = [int(tag.name[1]) for tag in html.find_all(["h1", "h2", "h3", "h4"])]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    for drawing in html.find_all("svg"):
        assert drawing.get("aria-hidden") == "true" or (drawing.find("title") and drawing.find("desc"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_page_loads_nothing_and_runs_nothing(example: Any) -> None:
    text = rendered(example())
    html: Any = BeautifulSoup(text, "lxml")
    assert [tag.parent.name for tag in html.find_all("script")] == ["head"]
    assert not html.find_all(["link", "img", "iframe", "object", "embed", "form", "base", "audio", "video"])
    for tag in html.find_all(True):
        assert not [
            name for name in tag.attrs if name.startswith("on") or name in ("style", "src", "srcset", "xlink:href")
        ]
        assert tag.name == "a" or "href" not in tag.attrs
    assert "url(" not in text
    assert "@import" not in text
    for link in html.find_all("a"):
        assert re.match(r"#|https?://", link["href"])
        assert link["href"].startswith("#") or "noreferrer" in link["rel"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_policy_allows_this_page_s_style_and_script_and_nothing_else(example: Any) -> None:
    html = page(example())
    policy = html.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    digests = [
        base64.b64encode(hashlib.sha256(element.string.encode()).digest()).decode()
        for element in (html.style, html.script)
    ]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; base-uri 'none'; "
        "form-action 'none'"
    )
    assert len(html.find_all("style")) == len(html.find_all("script")) == 1


def test_hostile_strings_are_text_and_nothing_else() -> None:
    text = rendered(views.hostile())
    assert text.count("<script") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{7*7}}" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    html: Any = BeautifulSoup(text, "lxml")
    assert not [link for link in html.find_all("a") if "javascript" in link["href"]]
    assert "javascript:alert(2)" in words(html)
    harmless = {
        tag.name for view in (views.edited(), views.one_host(), views.fleet()) for tag in page(view).find_all(True)
    }
    assert {tag.name for tag in html.find_all(True)} <= harmless


def test_the_first_screen() -> None:
    html = page(views.timetable())
    assert words(html.h1) == "Encryption timetable 1 March 2015"
    assert words(html.find(class_="lead")) == (
        "2 goals are late (1 excused until 31 March), 1 is at risk, 1 decision is due 30 June, 1 is on track."
    )
    assert words(html.find(class_="changes")) == (
        "Since 1 February, 2 goals got better: Search engines index us under HTTPS (25% to 50%); "
        "Know what page sizes give away, then lower it (61% to 52%). Nothing got worse."
    )
    assert words(html.find(class_="watched")) == "No goalpost was moved since 1 February."
    assert words(html.find(class_="note")) == "The extra sslyze is not installed: heartbleed was not judged"
    rows = [
        [words(cell) for cell in row.find_all(["td", "th"])] for row in html.find("table", class_="goals").tbody("tr")
    ]
    ipsec = "net east-west: no SA for 10.64.0.0/16 -> 10.192.0.0/16"
    assert rows[0] == [
        "late",
        "Traffic between the data centres is encrypted",
        "0 of 1",
        "28 Feb 1 day late",
        "not at this pace",
        ipsec,
    ]
    assert [row[0] for row in rows] == ["late", "excused", "at risk", "decide", "on track"]
    assert rows[1][2:5] == ["5 of 6, 1 excused", "31 Dec 2014 60 days late", "not known yet"]
    assert rows[2][2:5] == ["2 of 4, 1 unknown", "16 Jun", "Jul-Sep"]
    assert rows[3][2:] == ["ready: 3 of 6", "30 Jun", "-", "cto"]
    assert rows[4][2:] == ["52%, was 61%", "30 Jun", "May-Jun", "ops"]
    assert [words(item) for item in html.find(class_="needs")("li")] == [
        "People or a new date for: Traffic between the data centres is encrypted",
        "A decision by 30 June: Decide whether HTTPS is forced for everyone",
        "A look at the pace by 16 June: Search engines index us under HTTPS",
    ]


def test_goalposts_that_moved_are_told_on_the_first_screen_and_listed_below() -> None:
    html = page(views.edited())
    assert words(html.find(class_="watched")) == (
        "4 goalposts were moved since 1 February, 2 to ask less or excuse more. "
        "2 goalposts were moved after that day, and the goals are shown as they are now. Which?"
    )
    table = html.find("section", attrs={"aria-labelledby": "goalposts"}).table
    assert [[words(cell) for cell in row(["th", "td"])] for row in table.tbody("tr")] == [
        [
            "not audited yet",
            "Encrypt between data centres",
            "100% by 31 January 2015, now 100% by 28 February 2015",
            "yes",
        ],
        [
            "20 February 2015",
            "Search engines use HTTPS and Recorded traffic stays secret",
            "m.example.org at east left the scope, it did not pass",
            "yes",
        ],
        ["20 February 2015", "hsts-max-age", "options minimum: 365d, now minimum: 180d", "cannot be told"],
        ["20 February 2015", "Search engines use HTTPS", "milestone added: 50% by 30 April 2015", "no"],
    ]
    assert not page(views.timetable()).find("section", attrs={"aria-labelledby": "goalposts"})


def test_a_word_leads_to_its_meaning_where_it_is_met_first() -> None:
    html = page(views.timetable())
    links = html.find_all("a", class_="gloss")
    assert [words(link) for link in links] == ["SA", "forward secrecy", "HTTPS"]
    assert words(html.find(id=links[2]["href"][1:]).parent).startswith("TLS, HTTPS TLS is the encryption between")


def test_no_status_is_told_by_colour_alone() -> None:
    for cell in page(views.timetable()).find_all(class_="status"):
        assert cell.svg
        assert words(cell)


def test_the_chart_has_a_table_that_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TLSAUDIT_CHARTS")
    html = page(views.timetable())
    assert "today, 1 Mar" in words(html.select_one(".wide svg"))
    table = html.find("caption", string="Milestones of every goal").parent
    rows = [tuple(words(cell) for cell in row(["th", "td"])) for row in table.tbody("tr")]
    assert ("Search engines index us under HTTPS", "28 Feb", "25%", "reached") in rows
    assert ("Search engines index us under HTTPS", "16 Jun", "100%", "ahead") in rows
    assert ("Traffic between the data centres is encrypted", "28 Feb", "100%", "missed") in rows
    assert len(rows) == 9


def test_findings_carry_evidence_reason_and_fix() -> None:
    html = page(views.one_host())
    check = next(item for item in html.find_all("details", class_="check") if "tls-versions" in item.get_text())
    text = words(check)
    assert "TLS 1.0 is served" in text
    assert "example.org:443, 192.0.2.10" in text
    assert "too old TLS 1.0" in text
    assert "No browser of the last years needs them." in text
    assert "nginx ssl_protocols TLSv1.2 TLSv1.3; apache SSLProtocol -all +TLSv1.2 +TLSv1.3" in text
    assert "See RFC 8996; RFC 9325 section 3.1.1." in text
    assert text.count("ssl_protocols") == 1


def test_code_in_a_check_s_documentation_is_set_as_code() -> None:
    assert "<code>TLS_RSA_...</code>" in rendered(views.timetable())


def test_availability_and_latency_by_service_and_site() -> None:
    html = page(views.fleet())
    table = html.find("caption", string=re.compile("^Availability")).parent
    rows = {tuple(words(cell) for cell in row(["th", "td"]))[:2]: row for row in table.tbody("tr")}
    cells = [words(cell) for cell in rows["search", "west"](["th", "td"])]
    assert cells[2] == "49 of 50"
    assert cells[3] == "237 pass, 8 fail, 5 unknown"
    assert cells[4] == "24 ms, 42 ms"


def test_how_the_numbers_were_made() -> None:
    text = words(page(views.timetable()))
    assert (
        "tlsaudit 0.1.0 looked at 6 endpoints (6 answered) at 2 sites and 1 link between them, from office, us-east"
        in text
    )
    assert "16 of 17 judged, a coverage of 94.1%." in text
    assert "3f1c9a27be04" in text
    table = page(views.timetable()).find("caption", string="What each goal's number is made of").parent
    cells = [words(cell) for cell in table.tbody("tr")[1](["th", "td"])]
    assert cells == ["Recorded traffic stays secret if a key leaks", "100%", "5", "0", "0", "1", "6", "0", "100%", "-"]


def test_waivers_say_why_who_and_until_when() -> None:
    html = page(views.timetable())
    row = html.find("caption", string=re.compile("^Waivers")).parent.tbody.tr
    assert words(row) == (
        "pfs-clients login@west Old load balancer, replaced in March web@example.org "
        "https://tickets.example.org/4711 31 March 2015"
    )
    assert row.a["href"] == "https://tickets.example.org/4711"


def test_a_decision_has_its_sheet_in_a_table_below_the_goals() -> None:
    html = page(views.timetable())
    table = html.find("table", class_="sheet")
    assert [each["class"][0] for each in html.find_all("table")[:2]] == ["goals", "sheet"]
    rows = [[words(cell) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]
    assert rows[0] == ["Question", "Now", "Of how many", "What it means"]
    assert rows[1] == [
        "Is it forced already?",
        "open: 3 of 4 already force https",
        "4 endpoints",
        "Forcing it changes things for visitors of m.example.org at east.",
    ]
    assert ["Do cookies stay off http?", "does not apply", "4 endpoints", "-"] in rows
    assert len(rows) == 8
    assert "Undecided: due 30 June, in 121 days." in words(table.parent)
    assert html.find(class_="alarm") is None


def test_an_overdue_decision_is_loud() -> None:
    html = page(views.overdue())
    assert words(html.find(class_="lead")) == "1 decision is late."
    assert words(html.find(class_="alarm")) == (
        "Not decided: Decide whether HTTPS is forced for everyone "
        "Late by 9 days: it was due 20 February, and nothing is decided. It is for cto@example.org."
    )
    assert words(html.find(class_="needs").li).startswith("A decision, it is late")


@pytest.mark.parametrize(("record", "linked"), [("https://example.org/minutes", True), ("minutes of 1 March", False)])
def test_a_decision_that_is_taken_says_so_above_its_sheet(record: str, linked: bool) -> None:
    taken = DecisionRecord(outcome="do-not-force", decided=views.AT, record=record)
    html = page(views.view([], [], [views.undecided(status="met", decision=taken)]))
    section = html.find("table", class_="sheet").find_parent("section")
    assert "Decided on 1 March 2015: HTTPS is not forced." in words(section)
    assert bool(section.find("a", href=record)) is linked
    assert linked or record in words(section)


def test_a_decision_links_to_its_record() -> None:
    made = DecisionRecord(outcome="force", decided=views.day("2015-02-20"), record="https://wiki.example.org/rfc/7")
    goal = views.objective("d", "Decide", kind="decision", status="met", decision=made, target="decided")
    html = page(views.view([], [], [goal]))
    assert html.find("a", href="https://wiki.example.org/rfc/7")
    assert "HTTPS is forced, 20 Feb" in words(html.find("table", class_="goals"))


@pytest.mark.parametrize(
    ("view", "lead"),
    [
        (views.one_host(), "example.org:443 fails 2 of 8 checks; 1 could not be judged."),
        (views.fleet(), "33 of 300 endpoints fail at least one check; 3 did not answer."),
        (views.view([], []), "There was nothing to audit."),
        (
            views.view([views.endpoint("a.example", reachable=False, reason="timed out")], []),
            "a.example:443 did not answer.",
        ),
    ],
)
def test_without_goals_the_page_leads_with_the_findings(view: AuditView, lead: str) -> None:
    html = page(view)
    assert words(html.find(class_="lead")) == lead
    assert words(html.h1).startswith("Encryption audit")
    assert not html.find(class_="goals")


def test_a_fleet_is_grouped_and_cut_and_the_page_says_so() -> None:
    text = words(page(views.fleet()))
    assert "What says the same is grouped, and long lists are cut, with the number of what is left out." in text
    assert "The 300 endpoints are not listed one by one above 200" in text


def test_the_page_of_a_large_fleet_stays_small() -> None:
    endpoints = [views.endpoint(f"h{i}.example.org", service=f"s{i % 500}") for i in range(3000)]
    found = [views.finding("tls-versions", item.id, "fail", "TLS 1.0 is served") for item in endpoints]
    found += [views.finding("hsts-max-age", item.id, "fail", f"max-age is {i} s") for i, item in enumerate(endpoints)]
    text = rendered(views.view(endpoints, found))
    assert len(text) < 200_000
    assert "3,000 endpoints: h0.example.org:443" in text
    assert "and 2980 more" in text
    assert "and 300 more lines; the JSON report has them all" in text
    assert "and 2,975 more findings with other messages." in text


def test_each_owner_reads_what_to_do_with_the_fix_beside_it() -> None:
    east, west = (
        views.endpoint("a.example", site, "wiki", owner=owner)
        for site, owner in (("east", "web@example.org"), ("west", "web@example.org"))
    )
    mail = views.endpoint("mx.example", None, "mail", owner="post@example.org", id="smtp://mx.example:25")
    found = [
        views.finding("tls-versions", item.id, "fail", "TLS 1.0 is served") for item in (east, west)
    ] + [
        views.finding("site-parity", "wiki", "fail", "differs", kind="service"),
        views.finding("ipsec-coverage", "east-west", "fail", "no SA", kind="link"),
        views.finding("hsts-max-age", west.id, "fail", "too short", waiver="later"),
        views.finding("tls-versions", mail.id, "pass", "fine"),
    ]  # fmt: skip
    goal = views.objective("ipsec", "IPsec", owner="net@example.org", blocking=[
        views.blocker("ipsec-coverage", "east-west", "no SA", "link")
    ])  # fmt: skip
    html = page(views.view([east, west, mail], found, [goal]))
    owners = html.find("section", attrs={"aria-labelledby": "owners"})("details")
    assert [words(item.summary) for item in owners] == [
        "web@example.org 2 checks to mend at 2 endpoints of 2",
        "net@example.org 1 check to mend",
    ]
    rows = [[words(cell) for cell in row(["th", "td"])] for row in owners[0].tbody("tr")]
    assert rows[0][:2] == [
        "Only current versions of TLS are served high · 2 endpoints",
        "TLS 1.0 is served a.example at east, a.example at west",
    ]
    assert "nginx ssl_protocols TLSv1.2 TLSv1.3;" in rows[0][2]
    assert rows[1][1] == "differs wiki"
    assert not page(views.one_host()).find("section", attrs={"aria-labelledby": "owners"})
    target = html.find(id=owners[0].tbody.a["href"][1:])
    assert "No browser of the last years needs them." in words(target)


def test_the_services_are_a_table_of_how_much_fails_where() -> None:
    table = page(views.timetable()).find("table", class_="heat")
    rows = [[words(cell) for cell in row(["th", "td"])] for row in table("tr")]
    assert rows == [
        ["Service", "Owner", "Endpoints", "east", "west", "The service as a whole"],
        ["login", "-", "2", "all 2 pass", "1 of 2 pass 1 excused", "-"],
        ["wiki", "-", "4", "1 fail of 6", "5 of 6 pass 1 unknown", "-"],
    ]
    levels = ("good", "excused", "fail-3", "blind")
    assert [cell["class"] for cell in table.tbody("td", class_="cell")] == [["cell", level] for level in levels]


def luminance(colour: str) -> float:
    if len(colour) == 4:
        colour = "#" + "".join(2 * digit for digit in colour[1:])
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_has_the_contrast_that_wcag_2_2_aa_asks_for() -> None:
    style = page(views.one_host()).style.string
    palettes = [
        dict(re.findall(r"--([\w-]+): (#\w+);", block)) for block in re.findall(r":root {(.*?)}", style, re.DOTALL)
    ]
    assert len(palettes) == 3
    for colours in palettes:
        pairs = [
            *product(("ink", "quiet", "link", "late", "risk", "decide", "good", "blind"), ("paper", "soft")),
            *product(["ink"], ("well", "spared", "fail-1", "fail-2", "fail-3", "fail-4")),
        ]
        for ink, ground in pairs:
            bright, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)
