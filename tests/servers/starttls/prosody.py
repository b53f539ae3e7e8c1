"""Prosody: xmpp, or xmpp-server for the streams between servers."""

from contextlib import AbstractContextManager
from functools import partial

from tests.servers.ca import CertificateAuthority
from tests.servers.programs import require
from tests.servers.stacks import NAME, Listener, listen
from tests.servers.starttls.leaf import leaf


def prosody(
    ca: CertificateAuthority, protocol: str, *, tls: bool = True, before_tls: bool = False
) -> AbstractContextManager[Listener]:
    return listen(partial(_command, ca, protocol, tls, before_tls))


def _command(ca: CertificateAuthority, protocol: str, tls: bool, before_tls: bool, listener: Listener) -> list[str]:
    program = require("prosody", "prosody")
    certificate, key = leaf(ca, listener)
    folder = listener.folder
    ports = {"xmpp": ("c2s_ports", "s2s_ports"), "xmpp-server": ("s2s_ports", "c2s_ports")}[protocol]
    config = listener.write(
        "prosody.lua",
        f"""
run_as_root = true
pidfile = "{folder}/pid"
data_path = "{folder}"
certificates = "{folder}"
interfaces = {{ "{listener.address}" }}
{ports[0]} = {{ {listener.port} }}
{ports[1]} = {{ }}
modules_enabled = {{ "saslauth", "dialback"{', "tls"' if tls else ""} }}
c2s_require_encryption = {"true" if tls and not before_tls else "false"}
allow_unencrypted_plain_auth = {"true" if before_tls else "false"}
authentication = "internal_plain"
log = {{ info = "*console" }}
ssl = {{ key = "{key}", certificate = "{certificate}" }}
VirtualHost "{NAME}"
""",
    )
    return [program, "--config", str(config), "-F"]
