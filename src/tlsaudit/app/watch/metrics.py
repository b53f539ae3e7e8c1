"""The state as Prometheus reads it."""

from collections.abc import Iterator
from importlib import metadata

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from tlsaudit.app.watch.state import State
from tlsaudit.report.figures import AuditFigures, gauges

_MOST_LABELLED = 1000
"""Endpoints with a series of their own; of a larger fleet, those that are down and the first of the others."""


def registry_of(state: State) -> CollectorRegistry:
    """Gathers from the state whenever it is asked."""
    registry = CollectorRegistry()
    registry.register(_StateCollector(state))
    ProcessCollector(registry=registry)
    return registry


class _StateCollector(Collector):
    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        state = self._state
        yield InfoMetricFamily("tlsaudit_build", "This program.", {"version": metadata.version("tlsaudit")})
        yield _gauge("watch_started_timestamp_seconds", "When this process began.", state.started_at.timestamp())
        if state.next_audit_at:
            yield _gauge("next_audit_timestamp_seconds", "When an audit is due.", state.next_audit_at.timestamp())
        yield _gauge("audit_running", "Whether an audit runs.", state.audit_running)
        yield _counter("audits", "Audits by how they ended: skipped are those due while one ran.", state.audits)
        if state.last:
            yield from _last_audit(state.last)
        yield _counter(
            "looks",
            "Light looks at endpoints; blind: the watcher reached nothing at all; skipped: due while one ran.",
            state.look_results,
        )
        yield from _endpoints(state)
        yield _gauge("watch_reaches", "Whether light looks reach anything at all.", state.nowhere_since is None)
        yield _gauge("history_up", "Whether the history could be used the last time.", state.history_lost is None)
        yield _gauge("history_waiting_rows", "Rows of light looks not written yet.", state.waiting_rows)


def _last_audit(last: AuditFigures) -> Iterator[Metric]:
    for gauge in gauges(last):
        family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
        for labels, number in gauge.samples:
            family.add_metric(labels, number)
        yield family


def _endpoints(state: State) -> Iterator[Metric]:
    looks = [(endpoint, look) for endpoint, look in dict(state.looks).items() if look]
    yield _gauge("endpoints_watched", "Endpoints that were looked at.", len(looks))
    yield _gauge(
        "endpoints_down",
        "Of those, endpoints that did not answer the last look.",
        sum(not look.up for _, look in looks),
    )
    up = _labelled(
        "endpoint_up", "Whether an endpoint answered the last look, over HTTP where it speaks that.", "endpoint"
    )
    latency = _labelled("endpoint_latency_seconds", "The time to the answer of the last look that had one.", "endpoint")
    for endpoint, look in sorted(looks, key=lambda item: item[1].up)[:_MOST_LABELLED]:
        up.add_metric((endpoint,), look.up)
        if look.latency_ms is not None:
            latency.add_metric((endpoint,), look.latency_ms / 1000)
    yield up
    yield latency


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"tlsaudit_{name}", text, value)


def _labelled(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"tlsaudit_{name}", text, labels=labels)


def _counter(name: str, text: str, results: dict[str, int]) -> Metric:
    family = CounterMetricFamily(f"tlsaudit_{name}", text, labels=("result",))
    for result, count in dict(results).items():
        family.add_metric((result,), count)
    return family
