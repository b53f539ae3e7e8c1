"""Postfix: smtp, in which nothing is delivered."""

import os
import shutil
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.servers.ca import CertificateAuthority
from tests.servers.programs import missing, require
from tests.servers.stacks import NAME, Listener, listen
from tests.servers.starttls.leaf import leaf

_DAEMONS = Path("/usr/lib/postfix/sbin")


def postfix(
    ca: CertificateAuthority, *, tls: bool = True, before_tls: bool = False
) -> AbstractContextManager[Listener]:
    """Runs as root only, which its master is."""
    return listen(partial(_command, ca, tls, before_tls))


def _command(ca: CertificateAuthority, tls: bool, before_tls: bool, listener: Listener) -> list[str]:
    require("postfix", "postfix libsasl2-modules")
    if os.geteuid() != 0:
        missing("postfix takes root")
    certificate, key = leaf(ca, listener)
    folder = listener.folder
    for name in ("queue", "queue/pid"):
        (folder / name).mkdir(exist_ok=True)
    for name in ("data", "queue/private", "queue/public"):
        (folder / name).mkdir(exist_ok=True)
        shutil.chown(folder / name, "postfix")
    listener.write("smtpd.conf", "mech_list: PLAIN LOGIN\n")
    listener.write(
        "main.cf",
        f"""
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {_DAEMONS}
inet_interfaces = {listener.address}
inet_protocols = ipv4
myhostname = {NAME}
mydestination =
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject
smtpd_tls_security_level = {"may" if tls else "none"}
smtpd_tls_chain_files = {key}, {certificate}
smtpd_sasl_auth_enable = yes
smtpd_tls_auth_only = {"no" if before_tls else "yes"}
cyrus_sasl_config_path = {folder}
""",
    )
    listener.write(
        "master.cf",
        f"""
{listener.address}:{listener.port} inet n - n - - smtpd
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
""",
    )
    return [str(_DAEMONS / "master"), "-d", "-c", str(folder)]
