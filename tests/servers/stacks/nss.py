"""NSS: the server that comes with its tools, which listens on every address and is fenced for that."""

import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.serialization import NoEncryption

from tests.servers.ca import CertificateAuthority, KeyKind
from tests.servers.programs import require
from tests.servers.stacks.listener import NAME, Listener, listen

_PACKAGE = "libnss3-tools"


def selfserv(ca: CertificateAuthority, *options: str) -> AbstractContextManager[Listener]:
    """`options` are those of selfserv, such as `-V ssl3:tls1.2` for the versions and `-c :C02F:0005` for the suites."""
    return listen(partial(_command, ca, options), fenced=True)


def _command(ca: CertificateAuthority, options: Sequence[str], listener: Listener) -> list[str]:
    database = _database(ca, listener.folder)
    program = require("selfserv", _PACKAGE)
    return [program, "-d", database, "-n", "leaf", "-p", str(listener.port), *options]


def _database(ca: CertificateAuthority, folder: Path) -> str:
    packed = folder / "leaf.p12"
    packed.write_bytes(ca.leaf((NAME,), kind=KeyKind.RSA2048).pkcs12(NoEncryption()))
    (folder / "nss").mkdir(exist_ok=True)
    database = f"sql:{folder}/nss"
    for line in (
        [require("certutil", _PACKAGE), "-N", "--empty-password"],
        [require("pk12util", _PACKAGE), "-i", str(packed), "-W", "", "-K", ""],
    ):
        subprocess.run([*line, "-d", database], check=True, capture_output=True, timeout=120)
    return database
