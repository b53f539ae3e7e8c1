"""The figures of an audit as a Prometheus text file (exposition format 0.0.4), for the node exporter's textfile
collector. The names are those that `tlsaudit watch` serves.
"""

from typing import TextIO

from tlsaudit.report.figures import AuditFigures, gauges
from tlsaudit.report.renderer import Options
from tlsaudit.report.text import clean
from tlsaudit.report.view import AuditView


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    for gauge in gauges(AuditFigures.of(view)):
        out.write(f"# HELP {gauge.name} {gauge.help}\n# TYPE {gauge.name} gauge\n")
        for values, number in gauge.samples:
            labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(gauge.labels, values, strict=True))
            out.write(f"{gauge.name}{f'{{{labels}}}' if labels else ''} {float(number)!r}\n")


def _escaped(value: str) -> str:
    return clean(value).replace("\\", "\\\\").replace('"', '\\"')
