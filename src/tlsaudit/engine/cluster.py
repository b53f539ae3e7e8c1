"""Where a Dask cluster is, and who may talk to it."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tlsaudit.errors import UserError

if TYPE_CHECKING:
    from distributed import Security

_MISSING = "--engine dask: what it needs is not installed: pip install 'tlsaudit[fleet]'"


@dataclass(frozen=True, slots=True)
class Cluster:
    """`scheduler` is `tls://host:port`, and then all three PEM files are there: whoever is not vouched for by `ca` is
    not talked to, on either side. `tcp://` is for loopback alone, since pickles travel, which run code.
    """

    scheduler: str
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @classmethod
    def of(cls, scheduler: str, ca: Path | None, certificate: Path | None, key: Path | None) -> "Cluster":
        """Raises UserError for what cannot be, or is not safe."""
        try:
            url = urlsplit(scheduler)
            host, port = url.hostname, url.port
        except ValueError:
            host = port = None
        if not host or not port or url.scheme not in ("tls", "tcp") or url.path:
            raise UserError(f"--scheduler {scheduler}: write tls://host:port")
        files = {"--scheduler-ca": ca, "--scheduler-cert": certificate, "--scheduler-key": key}
        if url.scheme == "tcp":
            if not _is_loopback(host):
                raise UserError(f"--scheduler {scheduler}: tcp:// is for loopback alone: write tls://")
        elif missing := [option for option, file in files.items() if file is None]:
            raise UserError(f"--scheduler {scheduler}: TLS takes {', '.join(missing)}, too: docs/fleet.md makes them")
        for option, file in files.items():
            if file is not None and not file.is_file():
                raise UserError(f"{option} {file}: there is no such file")
        return cls(scheduler, ca, certificate, key)

    def security(self) -> "Security | None":
        """Raises UserError where the extra is not installed."""
        try:
            from distributed import Security
        except ModuleNotFoundError:
            raise UserError(_MISSING) from None
        if self.ca is None:
            return None
        return Security(
            tls_ca_file=str(self.ca),
            tls_client_cert=str(self.certificate),
            tls_client_key=str(self.key),
            require_encryption=True,
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
