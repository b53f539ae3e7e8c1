"""lighttpd, which has a module for each of GnuTLS, mbedTLS and NSS."""

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.servers.ca import CertificateAuthority, KeyKind
from tests.servers.programs import missing, require
from tests.servers.stacks.listener import NAME, Listener, listen

_MODULES = Path("/usr/lib/lighttpd")


def lighttpd(
    ca: CertificateAuthority, stack: str, *, kind: KeyKind = KeyKind.RSA2048, **commands: str
) -> AbstractContextManager[Listener]:
    """`stack` is gnutls, mbedtls or nss, `commands` are those of ssl.openssl.ssl-conf-cmd, such as
    `MinProtocol="None"`.
    """
    return listen(partial(_command, ca, stack, kind, commands))


def _command(
    ca: CertificateAuthority, stack: str, kind: KeyKind, commands: dict[str, str], listener: Listener
) -> list[str]:
    program = require("lighttpd", "lighttpd")
    if not (_MODULES / f"mod_{stack}.so").exists():
        missing(f"lighttpd has no mod_{stack}: apt-get install lighttpd-mod-{stack}, or scripts/install-test-servers")
    certificate, key = ca.leaf((NAME,), kind=kind).write(listener.folder, "leaf")
    page = listener.write("index.html", "<!doctype html><title>Test</title>")
    config = listener.write(
        "lighttpd.conf",
        f"""
server.modules = ("mod_{stack}")
server.bind = "{listener.address}"
server.port = {listener.port}
server.document-root = "{page.parent}"
server.errorlog = "/dev/stderr"
index-file.names = ("{page.name}")
ssl.engine = "enable"
ssl.pemfile = "{certificate}"
ssl.privkey = "{key}"
ssl.openssl.ssl-conf-cmd = ({", ".join(f'"{name}" => "{value}"' for name, value in commands.items())})
""",
    )
    return [program, "-D", "-f", str(config)]
