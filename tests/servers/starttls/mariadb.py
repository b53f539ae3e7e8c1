"""MariaDB: mysql, without any table behind it."""

from contextlib import AbstractContextManager
from functools import partial

from tests.servers.ca import CertificateAuthority
from tests.servers.programs import require
from tests.servers.stacks import Listener, listen
from tests.servers.starttls.leaf import leaf


def mariadb(ca: CertificateAuthority, *options: str, tls: bool = True) -> AbstractContextManager[Listener]:
    """`options` are further ones of mariadbd."""
    return listen(partial(_command, ca, options, tls))


def _command(ca: CertificateAuthority, options: tuple[str, ...], tls: bool, listener: Listener) -> list[str]:
    program = require("mariadbd", "mariadb-server-core")
    certificate, key = leaf(ca, listener)
    data = listener.folder / "data"
    data.mkdir(exist_ok=True)
    return [
        program,
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={data}/socket",
        f"--pid-file={data}/pid",
        f"--bind-address={listener.address}",
        f"--port={listener.port}",
        "--user=root",
        "--skip-grant-tables",
        "--skip-networking=0",
        "--skip-innodb",
        "--default-storage-engine=MyISAM",
        *([f"--ssl-cert={certificate}", f"--ssl-key={key}"] if tls else ["--skip-ssl"]),
        *options,
    ]
