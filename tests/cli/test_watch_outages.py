"""Outages as `tlsaudit watch` sees them: a server that stops and comes back, and a control endpoint that goes away."""

import contextlib
import json
from pathlib import Path
from typing import Any

from tests.cli.command import tlsaudit
from tests.cli.watcher import watching
from tests.faults import answering, message, serve_fault, server_context
from tests.servers import CertificateAuthority, free_port

NEVER = "0 0 29 2 *"
HOST = "www.example.org"


def _told(folder: Path) -> dict[str, Any]:
    done = tlsaudit("history", "latency", "--format", "json", cwd=folder)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_whose_outage_it_was(tmp_path: Path, ca: CertificateAuthority, ca_file: Path) -> None:
    context, port, gate = server_context(ca.leaf([HOST])), free_port("127.0.0.1"), free_port("127.0.0.1")
    (tmp_path / "targets.yaml").write_text(
        f"version: 1\nvantages: {{lab: {{region: eu}}}}\ncontrol: 127.0.0.1:{gate}\nservices: {{www: [{HOST}]}}\n",
        "utf-8",
    )
    road = ("--connect-to", f"{HOST}:443:127.0.0.1:{port}", "--connect-to", f"{HOST}:80:127.0.0.1:{port}")
    checks = ("--ca-file", ca_file, "--select", "tls-versions", "--vantage", "lab")

    def served(number: int) -> contextlib.AbstractContextManager[Any]:
        return serve_fault(answering(message(200)), context, port=number)

    with contextlib.ExitStack() as control, contextlib.ExitStack() as server:
        control.enter_context(served(gate))
        server.enter_context(served(port))
        with watching(tmp_path, "--now", "--every", "1s", "--schedule", NEVER, *road, *checks) as watcher:
            count = 'tlsaudit_looks_total{{result="{}"}}'.format
            watcher.until_metric('tlsaudit_audits_total{result="finished"}', lambda number: number == 1)
            watcher.until_metric(count("up"), lambda number: number >= 1)
            server.close()
            watcher.until_metric(count("down"), lambda number: number >= 2)
            server.enter_context(served(port))
            up = watcher.metrics()[count("up")]
            watcher.until_metric(count("up"), lambda number: number > up)
            control.close()
            watcher.until_metric("tlsaudit_watch_reaches", lambda value: value == 0)
            server.close()
            watcher.until_metric(count("blind"), lambda number: number >= 2)
            watcher.until(lambda: not any(name.startswith("tlsaudit_endpoint_") for name in watcher.metrics()))
            server.enter_context(served(port))
            control.enter_context(served(gate))
            watcher.until_metric("tlsaudit_watch_reaches", lambda value: value == 1)
            down = watcher.metrics()[count("down")]
            assert watcher.stop() == 0
            assert watcher.said.count("the light looks reach nothing at all") == 1
    told = _told(tmp_path)
    (row,) = told["rows"]
    assert (row["vantage"], row["vantage_region"], row["name"], row["source"]) == ("lab", "eu", "www", "light looks")
    assert row["looks"] - row["answered"] == down
    assert row["blind"] >= 2
    own = [outage for outage in told["outages"] if outage["own"]]
    of_service = [outage for outage in told["outages"] if not outage["own"]]
    assert len(own) == len(of_service) == 1
    (reason,) = of_service[0]["reasons"]
    assert reason in ("connection refused", "connection reset")  # the second where the server stopped amid a look
    assert of_service[0]["after"] < of_service[0]["began"] < of_service[0]["seen"] < of_service[0]["ended"]
    assert own[0]["began"] <= own[0]["seen"] < own[0]["ended"]
