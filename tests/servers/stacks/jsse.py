"""JSSE, the TLS of Java, with all that it has been taught not to serve."""

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

from tests.servers.ca import CertificateAuthority, KeyKind
from tests.servers.programs import require
from tests.servers.stacks.listener import NAME, Listener, listen

_PACKAGE = "openjdk-17-jdk-headless"  # java compiles the source as it starts
_QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m")


def jsse(ca: CertificateAuthority) -> AbstractContextManager[Listener]:
    """Everything that it knows, with an RSA key."""
    return listen(partial(_command, ca))


def _command(ca: CertificateAuthority, listener: Listener) -> list[str]:
    packed = listener.folder / "leaf.p12"
    packed.write_bytes(ca.leaf((NAME,), kind=KeyKind.RSA2048).pkcs12(BestAvailableEncryption(b"test")))
    java = Path(require("javac", _PACKAGE)).with_name("java")
    source = Path(__file__).with_name("JsseServer.java")
    return [str(java), *_QUICK_START, str(source), listener.address, str(listener.port), str(packed)]
