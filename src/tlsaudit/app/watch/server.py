"""/metrics for Prometheus and /healthz for whoever keeps the process running."""

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tlsaudit.app.watch.state import State
from tlsaudit.errors import UserError
from tlsaudit.target import SocketAddress

_PATIENCE_S = 10.0


@contextmanager
def serving(state: State, address: SocketAddress) -> Iterator[None]:
    """Answer in threads until the block ends; port 0 is any that is free. Raises UserError where nobody can listen."""
    try:
        server = _Server(state, address)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no address"
        raise UserError(f"--listen {_shown(address)}: {why.lower()}") from None
    with server:
        state.said(f"listening on http://{_shown(server.server_address)}/metrics and /healthz")
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _shown(address: Any) -> str:
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, state: State, address: SocketAddress) -> None:
        from tlsaudit.app.watch.metrics import registry_of

        self.state = state
        self.registry = registry_of(state)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's asks the DNS for a name that nobody needs

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server: _Server

    def do_GET(self) -> None:
        """One of the two, or 404."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            from prometheus_client.exposition import choose_encoder

            encode, kind = choose_encoder(self.headers.get("Accept", ""))
            self._answer(200, kind, encode(self.server.registry))
        elif path == "/healthz":
            state = self.server.state
            body = json.dumps(_health(state), indent=2) + "\n"
            self._answer(200 if state.healthy else 503, "application/json", body.encode())
        else:
            self._answer(404, "text/plain", b"/metrics or /healthz\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "tlsaudit"

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def _health(state: State) -> dict[str, Any]:
    lost = state.history_lost
    looks = [look for look in dict(state.looks).values() if look]
    return {
        "status": "ok" if state.healthy else "degraded",
        "started_at": _moment(state.started_at),
        "history": {"status": "lost", "since": _moment(lost[0]), "why": lost[1]} if lost else {"status": "ok"},
        "audit": {
            "running": state.audit_running,
            "next_at": _moment(state.next_audit_at),
            "last_success_at": _moment(state.last.finished_at if state.last else None),
            "last_failure": state.last_failure,
        },
        "endpoints": {"watched": len(looks), "down": sum(not look.up for look in looks)},
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
