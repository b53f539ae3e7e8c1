"""slapd: ldap, with GnuTLS as Debian builds it, and without any directory behind it."""

from contextlib import AbstractContextManager
from functools import partial

from tests.servers.ca import CertificateAuthority
from tests.servers.programs import require
from tests.servers.stacks import Listener, listen
from tests.servers.starttls.leaf import leaf


def slapd(ca: CertificateAuthority, *, tls: bool = True) -> AbstractContextManager[Listener]:
    return listen(partial(_command, ca, tls))


def _command(ca: CertificateAuthority, tls: bool, listener: Listener) -> list[str]:
    program = require("slapd", "slapd")
    certificate, key = leaf(ca, listener)
    with_tls = f"TLSCertificateFile {certificate}\nTLSCertificateKeyFile {key}\n"
    config = listener.write("slapd.conf", with_tls if tls else "")
    # With -d it stays in the foreground.
    return [program, "-d", "0", "-h", f"ldap://{listener.address}:{listener.port}", "-f", str(config)]
