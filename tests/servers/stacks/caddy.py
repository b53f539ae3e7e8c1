"""caddy, whose TLS is that of Go."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial

from tests.servers.ca import CertificateAuthority, KeyKind
from tests.servers.programs import require
from tests.servers.stacks.listener import NAME, Listener, listen


def caddy(
    ca: CertificateAuthority, *, kinds: Sequence[KeyKind] = (KeyKind.RSA2048, KeyKind.P256), **policy: object
) -> AbstractContextManager[Listener]:
    """`policy` are fields of a TLS connection policy of caddy's, such as `cipher_suites=[...]`."""
    return listen(partial(_command, ca, kinds, policy))


def _command(
    ca: CertificateAuthority, kinds: Sequence[KeyKind], policy: dict[str, object], listener: Listener
) -> list[str]:
    files = [ca.leaf((NAME,), kind=kind).write(listener.folder, kind) for kind in kinds]
    server = {
        "listen": [f"{listener.address}:{listener.port}"],
        "protocols": ["h1", "h2"],
        "automatic_https": {"disable": True},
        "tls_connection_policies": [policy],
        "routes": [{"handle": [{"handler": "static_response", "body": "<!doctype html><title>Test</title>"}]}],
    }
    config = {
        "admin": {"disabled": True, "config": {"persist": False}},
        "storage": {"module": "file_system", "root": str(listener.folder)},
        "apps": {
            "http": {"servers": {"test": server}},
            "tls": {"certificates": {"load_files": [{"certificate": str(c), "key": str(key)} for c, key in files]}},
        },
    }
    path = listener.write("caddy.json", json.dumps(config))
    return [require("caddy", "caddy"), "run", "--config", str(path)]
