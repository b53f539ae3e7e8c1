"""Dovecot: imap, pop3 or sieve, one at a time.

It takes a client with its own address for secure, and offers it everything: it listens on 127.0.0.2, to which clients
come from 127.0.0.1.
"""

import os
from contextlib import AbstractContextManager
from functools import partial

from tests.servers.ca import CertificateAuthority
from tests.servers.programs import missing, require
from tests.servers.stacks import Listener, listen
from tests.servers.starttls.leaf import leaf

_PACKAGES = {"imap": "dovecot-imapd", "pop3": "dovecot-pop3d", "sieve": "dovecot-managesieved"}
_SERVICES = {"imap": "imap-login", "pop3": "pop3-login", "sieve": "managesieve-login"}

_NO_TLS_PORT = """
  inet_listener {}s {{
    port = 0
  }}
"""


def dovecot(
    ca: CertificateAuthority, protocol: str, *, tls: bool = True, before_tls: bool = False
) -> AbstractContextManager[Listener]:
    """Without TLS passwords go in clear. Runs as root only, which its master is."""
    return listen(partial(_command, ca, protocol, tls, before_tls), address="127.0.0.2")


def _command(ca: CertificateAuthority, protocol: str, tls: bool, before_tls: bool, listener: Listener) -> list[str]:
    program = require("dovecot", _PACKAGES[protocol])
    if os.geteuid() != 0:
        missing("dovecot takes root")
    certificate, key = leaf(ca, listener)
    config = listener.write(
        "dovecot.conf",
        f"""
base_dir = {listener.folder}/run
log_path = /dev/stderr
listen = {listener.address}
protocols = {protocol}
ssl = {"no" if not tls else "yes" if before_tls else "required"}
disable_plaintext_auth = {"no" if before_tls or not tls else "yes"}
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = plain login
passdb {{
  driver = static
  args = nopassword=y
}}
service {_SERVICES[protocol]} {{
  inet_listener {protocol} {{
    port = {listener.port}
  }}
{"" if protocol == "sieve" else _NO_TLS_PORT.format(protocol)}
}}
""",
    )
    return [program, "-F", "-c", str(config)]
