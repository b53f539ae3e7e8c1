"""GnuTLS: the server that comes with it, which listens on every address and is fenced for that."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial

from tests.servers.ca import CertificateAuthority, KeyKind
from tests.servers.plan import DH_2048
from tests.servers.programs import require
from tests.servers.stacks.listener import NAME, Listener, listen


def gnutls(
    ca: CertificateAuthority,
    *options: str,
    priority: str = "NORMAL",
    kinds: Sequence[KeyKind] = (KeyKind.RSA2048, KeyKind.P256),
) -> AbstractContextManager[Listener]:
    """`priority` is a GnuTLS priority string, `options` are further ones of gnutls-serv."""
    return listen(partial(_command, ca, priority, kinds, options), fenced=True)


def _command(
    ca: CertificateAuthority, priority: str, kinds: Sequence[KeyKind], options: Sequence[str], listener: Listener
) -> list[str]:
    line = [require("gnutls-serv", "gnutls-bin"), "--http", "--quiet", "--disable-client-cert"]
    line += [f"--port={listener.port}", f"--priority={priority}", f"--dhparams={DH_2048}"]
    for kind in kinds:
        certificate, key = ca.leaf((NAME,), kind=kind).write(listener.folder, kind)
        line += [f"--x509certfile={certificate}", f"--x509keyfile={key}"]
    return [*line, *options]
