"""The certificate of a server, in files."""

from pathlib import Path

from tests.servers.ca import CertificateAuthority, KeyKind
from tests.servers.stacks import NAME, Listener


def leaf(ca: CertificateAuthority, listener: Listener) -> tuple[Path, Path]:
    """The chain and its key."""
    return ca.leaf((NAME,), kind=KeyKind.P256).write(listener.folder, "leaf")
