"""The plot of a measurement of page sizes: what stays recognisable with each way of padding, and what that costs."""

from collections.abc import Sequence
from typing import Any

from tlsaudit.policy.padding import Scheme
from tlsaudit.report.charts import available
from tlsaudit.report.charts.convert import ConversionError, to_svg
from tlsaudit.report.charts.marks import COLOURS
from tlsaudit.report.exposure import Exposure
from tlsaudit.report.renderer import ReportError
from tlsaudit.report.text import percent

Series = tuple[str, Sequence[tuple[Scheme, Exposure]]]

_BAR_WIDTH = 220
_ROOM = 1.8  # beyond a bar of 1, for what is said of it


def check_plot() -> None:
    """Raise ReportError where the extra `report` is not installed."""
    if not available():
        raise ReportError("a plot takes one more package: pip install 'tlsaudit[report]'")


def plot(title: str, series: Sequence[Series]) -> str:
    """An SVG document: bars of each series, side by side. Raises ReportError."""
    import altair

    subtitle = "Recognisable by size alone, and what the padding adds"
    drawn = altair.hconcat(*(_bars(*each) for each in series), title=altair.Title(title, subtitle=subtitle))
    try:
        return to_svg(drawn.configure_view(stroke=None).configure_axis(domain=False, ticks=False).to_dict())
    except ConversionError:
        raise ReportError("the plot could not be drawn") from None


def _bars(title: str, exposures: Sequence[tuple[Scheme, Exposure]]) -> Any:
    import altair

    rows = [{"padding": scheme.name, "share": found.recognisable, "said": _said(found)} for scheme, found in exposures]
    base = altair.Chart(altair.InlineData(values=rows), title=title.capitalize(), width=_BAR_WIDTH).encode(
        y=altair.Y("padding:N", sort=None, title=None),
        x=altair.X("share:Q", scale=altair.Scale(domain=[0, _ROOM]), axis=None),
    )
    return base.mark_bar(color=COLOURS["course"]) + base.mark_text(align="left", dx=4).encode(text="said:N")


def _said(found: Exposure) -> str:
    share = percent(found.recognisable, lower_is_better=True)
    return f"{share}, +{100 * found.overhead_share:.1f}% bytes" if found.overhead else share
