"""vsftpd: ftp."""

import os
from contextlib import AbstractContextManager
from functools import partial

from tests.servers.ca import CertificateAuthority
from tests.servers.programs import missing, require
from tests.servers.stacks import Listener, listen
from tests.servers.starttls.leaf import leaf


def vsftpd(ca: CertificateAuthority, *, tls: bool = True) -> AbstractContextManager[Listener]:
    """Runs as root only."""
    return listen(partial(_command, ca, tls))


def _command(ca: CertificateAuthority, tls: bool, listener: Listener) -> list[str]:
    program = require("vsftpd", "vsftpd")
    if os.geteuid() != 0:
        missing("vsftpd takes root")
    certificate, key = leaf(ca, listener)
    empty = listener.folder / "empty"
    empty.mkdir(exist_ok=True)
    config = listener.write(
        "vsftpd.conf",
        f"""\
listen=YES
listen_ipv6=NO
listen_address={listener.address}
listen_port={listener.port}
background=NO
anonymous_enable=NO
local_enable=YES
ssl_enable={"YES" if tls else "NO"}
ssl_tlsv1=YES
ssl_ciphers=HIGH
rsa_cert_file={certificate}
rsa_private_key_file={key}
secure_chroot_dir={empty}
""",
    )
    return [program, str(config)]
