"""The Public Suffix List (publicsuffix.org): under which names the public can register others."""

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@dataclass(frozen=True, slots=True)
class PublicSuffixes:
    """The list, its section of private domains included. `version` ends with its date: `1.1.2.20261023`."""

    version: str
    _list: "PublicSuffixList" = field(repr=False)

    def registrable(self, host: str) -> str | None:
        """The registered domain that a host name (in A-labels) is or belongs to; None for a public suffix. A top-level
        domain that the list does not know is taken for one.
        """
        labels = host.split(".")
        domain: str | None = self._list.privatesuffix(".".join(map(_as_listed, labels)))
        return None if domain is None else ".".join(labels[-domain.count(".") - 1 :])


def _as_listed(label: str) -> str:
    """A label as the list has it, an A-label decoded (RFC 5890 section 2.3.2.1)."""
    if label.startswith("xn--"):
        with suppress(UnicodeError):
            return label[4:].encode("ascii").decode("punycode") or label
    return label


@cache
def public_suffixes() -> PublicSuffixes:
    """The list that the installed release of publicsuffixlist comes with."""
    from publicsuffixlist import PublicSuffixList

    # To encode all of the list would take each run a tenth of a second: a host's labels are decoded instead.
    return PublicSuffixes(metadata.version("publicsuffixlist"), PublicSuffixList(accept_encoded_idn=False))
