"""PostgreSQL with a cluster of its own."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.servers.ca import CertificateAuthority
from tests.servers.daemon import DaemonError
from tests.servers.programs import missing, require
from tests.servers.stacks import Listener, listen
from tests.servers.starttls.leaf import leaf

_START_S = 60.0


@contextlib.contextmanager
def postgres(ca: CertificateAuthority, *, tls: bool = True) -> Iterator[Listener]:
    """It refuses to run as root, so that it runs as the user of its package where the tests do."""
    with listen(partial(command, ca, tls)) as listener:
        _wait(listener)
        yield listener


def _wait(listener: Listener) -> None:
    """It takes connections before it answers them."""
    ask = [str(_programs() / "pg_isready"), "-q", "-h", listener.address, "-p", str(listener.port)]
    deadline = time.monotonic() + _START_S
    while subprocess.run(ask, check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise DaemonError(f"postgres on {listener.address} port {listener.port} takes no questions")
        time.sleep(0.05)


def _programs() -> Path:
    found = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), default=None)
    return found or missing("postgres is not installed: apt-get install postgresql, or scripts/install-test-servers")


def command(ca: CertificateAuthority, tls: bool, listener: Listener) -> list[str]:
    """What to run; the cluster is made where there is none yet."""
    programs = _programs()
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
