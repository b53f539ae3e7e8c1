"""node, which brings its own OpenSSL along: old ones serve what no current stack will, new ones what is yet to come."""

import json
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.servers.ca import CertificateAuthority, KeyKind
from tests.servers.programs import missing
from tests.servers.stacks.listener import NAME, Listener, listen

NODES = {"0.8.28": "1.0.0m", "0.10.0": "1.0.1e", "0.12.0": "1.0.1l", "4.9.1": "1.0.2o", "24.21.0": "3.5.8"}
"""The OpenSSL of each version that scripts/fetch-test-nodes fetches."""

_CACHE = Path(__file__).parents[3] / ".cache" / "test-nodes"


def node_program(version: str) -> str:
    """The path of a node. Where it is missing the test fails if CI=true, else is skipped."""
    program = _CACHE / version / "node"
    return str(program) if program.exists() else missing(f"node {version} is not here: scripts/fetch-test-nodes")


def node(
    ca: CertificateAuthority, version: str, *, kind: KeyKind = KeyKind.RSA2048, **options: object
) -> AbstractContextManager[Listener]:
    """`options` are those of node's https.createServer; `dhparam` is a path."""
    return listen(partial(_command, ca, version, kind, options))


def _command(
    ca: CertificateAuthority, version: str, kind: KeyKind, options: dict[str, object], listener: Listener
) -> list[str]:
    program = node_program(version)
    chain = ca.leaf((NAME,), kind=kind)
    certificate, key = chain.write(listener.folder, "leaf")
    key.write_bytes(chain.traditional_key_pem)  # old ones know no other
    options = {"address": listener.address, "port": listener.port, "cert": str(certificate), "key": str(key), **options}
    return [program, str(Path(__file__).with_name("node.js")), json.dumps(options)]
