"""Reference clients written by hand, as the data file writes them."""

from collections.abc import Sequence

from tlsaudit.evidence import TlsVersion, suites
from tlsaudit.policy import ReferenceClient
from tlsaudit.policy.clients import client_of

_CODES = {suite.name: suite.code for suite in suites().values()}


def client(
    *names: str,
    name: str = "A client",
    groups: Sequence[int] | None = (0x1D, 0x17),
    shares: Sequence[int] = (),
    versions: Sequence[TlsVersion] = (),
    highest: TlsVersion = TlsVersion.TLS1_2,
) -> ReferenceClient:
    """A client that offers these suites, by name and without `TLS_`; with `versions` in supported_versions."""
    extensions = [] if groups is None else [_listed("000A", groups)]
    if versions:
        extensions += [_listed("002B", versions), _listed("0033", shares)]
    return client_of(
        {
            "name": name,
            "origin": "written by hand",
            "record": "0301",
            "version": f"{highest:04X}",
            "session_id": 0,
            "suites": " ".join(f"{_CODES[f'TLS_{each}']:04X}" for each in names),
            "compressions": "00",
            "extensions": extensions,
        }
    )


def _listed(kind: str, codes: Sequence[int]) -> str:
    return " ".join([kind, *(f"{code:04X}" for code in codes)])
