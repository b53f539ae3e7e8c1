"""What the charts show, where it stands, and that nothing in them breaks the page's policy."""

import datetime
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import resources
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import altair
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.report import views
from tests.report.views import AT, HOSTILE, day, milestone, objective
from tlsaudit.report.charts import COLOURS, SIGNS, Charts, begin, burnup, convert, timetable
from tlsaudit.report.charts.convert import ConversionError
from tlsaudit.report.charts.labels import Placed
from tlsaudit.report.charts.sheet import Sheet
from tlsaudit.report.charts.svg import specification
from tlsaudit.report.document import FigureRecord, ForecastRecord, MilestoneRecord, ObjectiveRecord
from tlsaudit.report.text import clean

pytestmark = pytest.mark.usefixtures("charts")

WIDE = timetable.SIZES[0]


def figures(*points: tuple[str, float]) -> list[FigureRecord]:
    return [FigureRecord(date=day(on), figure=figure) for on, figure in points]


def forecast(usual: str, low: str | None = None, high: str | None = None) -> ForecastRecord:
    return ForecastRecord(date=day(usual), low=low and day(low), high=high and day(high))  # type: ignore[arg-type]


GOALS = [
    objective(
        "late", "Recorded traffic stays secret", status="overdue", due=day("2014-12-31"),
        milestones=[milestone("2014-07-31", "50%", True), milestone("2014-12-31", "100%", False)],
        figures=figures(("2014-06-01", 0), ("2014-07-20", 0.5), ("2014-11-01", 0.75), ("2015-03-01", 0.75)),
    ),
    objective(
        "ahead", "Search engines use HTTPS", status="at-risk", due=day("2015-06-16"),
        milestones=[milestone("2015-02-10", "25%", None), milestone("2015-06-16", "100%")],
        figures=figures(("2014-12-10", 0.1), ("2015-03-01", 0.5)),
        forecast=forecast("2015-08-10", "2015-07-04", "2015-09-20"),
    ),
    views.undecided(),
    objective(
        "sizes", "Page sizes give away less", kind="metric", target="<= 45%", due=day("2015-06-30"),
        milestones=[milestone("2015-06-30", "<= 45%")], figures=figures(("2015-03-01", 0.61)),
    ),
    objective(HOSTILE, HOSTILE, milestones=[milestone("2015-04-01", HOSTILE)], figures=figures(("2015-03-01", 0.2))),
    objective("blind", "Nobody looked", milestones=[milestone("2015-04-01", "measured")], status="not-measured"),
]  # fmt: skip


@pytest.fixture(scope="module")
def charts(charts: None) -> Charts:
    return begin(GOALS, AT)()


def layer(drawing: str, name: str) -> list[ET.Element]:
    """The marks of a layer."""
    return [mark for group in ET.fromstring(drawing).findall("g") if group.get("class") == name for mark in group]


def place(mark: ET.Element) -> tuple[float, float]:
    found = re.match(r"translate\(([-\d.]+),([-\d.]+)\)", mark.get("transform", ""))
    assert found
    return float(found[1]), float(found[2])


def x(text: str, size: timetable.Size = WIDE) -> float:
    return timetable.sheet(GOALS, AT, size).axis.x(day(text))


@pytest.mark.parametrize("size", timetable.SIZES)
def test_every_milestone_has_a_sign_on_its_day(charts: Charts, size: timetable.Size) -> None:
    signs = [(place(mark)[0], mark.get("class")) for mark in layer(charts.timetable[size.name], "milestones")]
    expected = [
        ("2014-07-31", "held"), ("2014-12-31", "missed"), ("2015-02-10", "not judged"), ("2015-06-16", "ahead"),
        ("2015-06-30", "ahead"), ("2015-06-30", "ahead"), ("2015-04-01", "ahead"), ("2015-04-01", "ahead"),
    ]  # fmt: skip
    colours = {state: f"fill-{sign.fill} stroke-{sign.stroke}" for state, sign in SIGNS.items()}
    assert sorted(signs) == sorted((round(x(due, size), 1), colours[state]) for due, state in expected)  # type: ignore[index]


def test_today_what_is_late_and_what_is_expected_stand_where_they_are(charts: Charts) -> None:
    drawing = charts.timetable["wide"]
    today = layer(drawing, "today")[0]
    assert place(today)[0] == pytest.approx(x("2015-03-01"), abs=0.1)
    late = layer(drawing, "late")
    assert [place(mark)[0] for mark in late] == [pytest.approx(x("2014-12-31"), abs=0.1)]
    assert float(late[0].get("x2", "")) == pytest.approx(x("2015-03-01") - x("2014-12-31"), abs=0.2)
    (band,) = layer(drawing, "expected")
    ends = [float(number) for number in re.findall(r"[-\d.]+", band.get("d", ""))]
    assert x("2015-07-04") == pytest.approx(min(ends[::2]), abs=6)
    words = [mark.text for mark in layer(drawing, "labels")]
    assert {"today, 1 Mar", "100% by 31 Dec 2014, 60 days late", "expected Jul-Sep", "decided by 30 Jun"} <= set(words)


@pytest.mark.parametrize("size", timetable.SIZES)
def test_the_line_of_today_runs_through_no_words(size: timetable.Size) -> None:
    """On paper nothing else keeps them apart."""
    drawn = timetable.sheet(GOALS, AT, size)
    axis = drawn.axis
    per_day = (axis.right - axis.left) / (axis.last - axis.first).days
    labels = [
        Placed(row["text"], axis.left + (row["x"] - axis.first.toordinal()) * per_day, row["y"], row["align"])
        for row in drawn.data[f"{drawn.name}_labels"]
    ]
    crossed = [each.down for each in labels if each.crosses(axis.x(AT)) and not each.text.startswith("today")]
    assert crossed
    lines = drawn.data[f"{drawn.name}_today"]
    assert not [down for down in crossed for line in lines if line["y"] < down < line["y2"]]


def test_titles_stand_beside_the_goals_or_above_them(charts: Charts) -> None:
    for size in timetable.SIZES:
        titles = layer(charts.timetable[size.name], "titles")
        assert "Recorded traffic stays secret" in " ".join(mark.text or "" for mark in titles)
        assert {round(place(mark)[0]) for mark in titles} == {2}


def test_a_figure_holds_until_the_next_one(charts: Charts) -> None:
    (line,) = layer(charts.burnups[0], "line")
    corners = [tuple(map(float, pair.split(","))) for pair in re.findall(r"[\d.]+,[\d.]+", line.get("d", ""))]
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(corners))
    assert [corners[0][1], corners[-1][1]] == [140, 35]  # the plot is 140 high; 75 % are reached


def test_the_way_to_what_is_expected_widens(charts: Charts) -> None:
    (band,) = layer(charts.burnups[1], "expected")
    assert len(set(re.findall(r"[\d.]+,[\d.]+", band.get("d", "")))) >= 3
    assert layer(charts.burnups[1], "usual")
    assert not layer(charts.burnups[0], "expected")


def test_a_decision_and_what_was_never_measured_have_no_chart_of_their_own(charts: Charts) -> None:
    assert set(charts.burnups) == {0, 1, 3, 4}
    assert charts.left_out == 0


def test_the_text_alternative_says_what_is_seen(charts: Charts) -> None:
    drawn = ET.fromstring(charts.burnups[0])
    assert drawn.findtext("title") == "Recorded traffic stays secret"
    assert drawn.findtext("desc") == (
        "0% on 1 June 2014, 75% on 1 March. 50% by 31 July 2014: reached. 100% by 31 December 2014: missed."
    )


def drawings(charts: Charts) -> Sequence[str]:
    return [*charts.timetable.values(), *charts.burnups.values()]


def test_nothing_but_shapes_with_classes(charts: Charts) -> None:
    ids: list[str] = []
    for drawing in drawings(charts):
        root = ET.fromstring(drawing)
        assert root.get("role") == "img"
        own = [element.get("id", "") for element in root if element.tag in ("title", "desc")]
        assert root.get("aria-labelledby") == " ".join(own)
        ids += own
        for element in root.iter():
            assert element.tag in ("svg", "title", "desc", "g", "path", "line", "text")
            assert not {"style", "href", "font-family", "clip-path"} & set(element.attrib)
            assert not [name for name in element.attrib if name.startswith("on") or ":" in name]
            assert "url(" not in "".join(element.attrib.values())
    assert len(ids) == len(set(ids))


def test_the_page_s_colours_are_those_of_the_drawings(charts: Charts) -> None:
    style = (resources.files("tlsaudit.report.html") / "style.css").read_text("utf-8")
    light = style.partition(":root")[2].partition("}")[0]
    for name, value in COLOURS.items():
        found = re.search(rf"--{name}: (#\w+);", light)
        assert found, name
        short = found[1].removeprefix("#")
        assert value == "#" + (short if len(short) == 6 else "".join(2 * digit for digit in short))
    for drawing in drawings(charts):
        for element in ET.fromstring(drawing).iter():
            for painted in ("fill", "stroke"):
                colour = element.get(painted, "none")
                if colour not in ("none", "transparent"):
                    name = next(name for name, value in COLOURS.items() if value == colour)
                    assert f"{painted}-{name}" in element.get("class", "").split()
                    assert f".{painted}-{name} {{ {painted}: var(--{name}); }}" in style


def test_what_is_drawn_is_vega_lite_and_names_no_data_in_an_expression() -> None:
    ahead = burnup.sheet(GOALS[1], 1, AT)
    assert ahead
    specified = specification([timetable.sheet(GOALS, AT, WIDE), ahead])
    altair.VConcatChart.from_dict(specified, validate=True)
    assert set(re.findall(r"'expr': '([^']*)'", str(specified["vconcat"]))) == {"datum.align"}


def test_a_long_history_is_thinned() -> None:
    daily = [FigureRecord(date=AT - datetime.timedelta(days=number), figure=number % 97 / 97) for number in range(3650)]
    sheet = burnup.sheet(objective("a", "A", figures=daily[::-1]), 0, AT)
    assert sheet
    assert max(len(rows) for rows in sheet.data.values()) <= 122


def test_too_many_goals_are_counted() -> None:
    goals = [objective(str(number), "A", milestones=[milestone("2015-06-30", "100%")]) for number in range(70)]
    drawn = begin(goals, AT)()
    assert len(layer(drawn.timetable["narrow"], "milestones")) == 60
    assert drawn.left_out == 10


def test_without_a_goal_nothing_is_drawn() -> None:
    assert begin([], AT)() == Charts()


def test_what_cannot_be_drawn_is_an_error() -> None:
    with pytest.raises(ConversionError):
        convert.begin({"mark": 1}).result()


def test_without_the_extra_the_page_names_it() -> None:
    program = (
        "import sys; sys.modules['vl_convert'] = None\n"
        "from tests.report import views\n"
        "from tlsaudit.report import format_by_name\n"
        "format_by_name('html').render(views.timetable(), sys.stdout)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, encoding="utf-8", check=True)
    assert "pip install &#39;tlsaudit[report]&#39;" in done.stdout
    assert "<details open>\n<summary>The same as tables</summary>" in done.stdout
    assert '<div class="chart">' not in done.stdout


days = st.dates()
texts = st.sampled_from(["100%", "<= 45%", ">= 12", "measured", "decided", "95.5%", "9" * 400, HOSTILE])
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.floats(0, 1)


@st.composite
def objectives(draw: st.DrawFn) -> ObjectiveRecord:
    dates = draw(st.lists(days, min_size=3, max_size=3))
    return objective(
        "a",
        draw(st.text(max_size=300)),
        kind=draw(st.sampled_from(["share", "metric", "decision"])),
        status=draw(st.sampled_from(["met", "overdue", "not-measured", "at-risk", "on-track", "undecided"])),
        target=draw(texts),
        due=draw(days | st.none()),
        milestones=draw(
            st.lists(
                st.builds(
                    MilestoneRecord, due=days, target=texts, held=st.booleans() | st.none(), every=st.none() | st.text()
                ),
                max_size=5,
            )
        ),
        figures=draw(st.lists(st.builds(FigureRecord, date=days, figure=numbers), max_size=8)),
        forecast=draw(st.sampled_from([None, ForecastRecord(date=dates[0], low=dates[1], high=dates[2])])),
    )


def bounded(sheet: Sheet) -> None:
    """Every mark stands in the drawing, and every label is of reasonable length."""
    for name, rows in sheet.data.items():
        for row in rows:
            for key in {"x", "x2"} & set(row):
                across = (
                    sheet.axis.x(datetime.date.min)
                    + (row[key] - sheet.axis.first.toordinal())
                    * (sheet.axis.right - sheet.axis.left)
                    / (sheet.axis.last - sheet.axis.first).days
                )
                assert -50 < across < sheet.width + 50, name
            for key in {"y", "y2"} & set(row):
                assert -50 < sheet.down(row[key]) < sheet.height + 50, name
            text = str(row.get("text", ""))
            assert clean(text) == text


_DUE_BEFORE = objective(
    "a",
    "Due before its milestone",
    status="overdue",
    due=datetime.date(1999, 1, 1),
    milestones=[MilestoneRecord(due=datetime.date(2000, 1, 1), target="100%", held=None, every=None)],
)


@settings(max_examples=40, deadline=None)
@given(st.lists(objectives(), min_size=1, max_size=3), days)
@example([_DUE_BEFORE], datetime.date(2000, 1, 1))
def test_whatever_the_goals_the_drawing_is_bounded(goals: list[ObjectiveRecord], at: datetime.date) -> None:
    dated = [item for item in goals if item.milestones]
    sheets: Iterator[Sheet | None] = (burnup.sheet(item, number, at) for number, item in enumerate(goals))
    for sheet in [*(timetable.sheet(dated, at, size) for size in timetable.SIZES if dated), *filter(None, sheets)]:
        bounded(sheet)
        assert sheet.height < 100 + 140 * 4


def test_a_forecast_of_days_before_the_drawing_has_no_mark() -> None:
    past, at = datetime.date(1999, 1, 1), datetime.date(2030, 1, 1)
    goal = objective(
        "a",
        "A",
        milestones=[MilestoneRecord(due=at, target="100%", held=None)],
        forecast=ForecastRecord(date=past, low=past, high=past),
    )
    for size in timetable.SIZES:
        bounded(timetable.sheet([goal], at, size))
