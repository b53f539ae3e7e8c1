"""PostgreSQL with a cluster of its own."""

import os
import shutil
import subprocess
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.servers.ca import CertificateAuthority
from tests.servers.programs import missing, require
from tests.servers.stacks import Listener, listen
from tests.servers.starttls.leaf import leaf


def postgres(ca: CertificateAuthority, *, tls: bool = True) -> AbstractContextManager[Listener]:
    """It refuses to run as root, so that it runs as the user of its package where the tests do."""
    return listen(partial(command, ca, tls))


def command(ca: CertificateAuthority, tls: bool, listener: Listener) -> list[str]:
    """What to run; the cluster is made where there is none yet."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), default=None)
    if programs is None:
        missing("postgres is not installed: apt-get install postgresql, or scripts/install-test-servers")
    certificate, key = leaf(ca, listener)
    cluster = listener.folder / "cluster"
    user: list[str] = []
    if os.geteuid() == 0:
        setpriv = require("setpriv", "util-linux")
        # Giving up root forgets the signal at the parent's death.
        user = [setpriv, "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=TERM"]
        shutil.chown(listener.folder, "postgres")
        shutil.chown(key, "postgres")
    key.chmod(0o600)
    if not cluster.exists():
        made = [
            *user,
            str(programs / "initdb"),
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            f"--pgdata={cluster}",
        ]
        subprocess.run(made, check=True, capture_output=True, env={"PATH": os.defpath, "LC_ALL": "C"}, cwd="/")
    settings = {
        "listen_addresses": listener.address,
        "port": listener.port,
        "unix_socket_directories": "",
        "fsync": "off",
        "ssl": "on" if tls else "off",
        "ssl_cert_file": certificate,
        "ssl_key_file": key,
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [*user, str(programs / "postgres"), "-D", str(cluster), *options]
