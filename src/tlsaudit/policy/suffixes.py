"""The Public Suffix List (publicsuffix.org): under which names the public can register others."""

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
        domain: str | None = self._list.privatesuffix(host)
        return domain


@cache
def public_suffixes() -> PublicSuffixes:
    """The list that the installed release of publicsuffixlist comes with."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixes(metadata.version("publicsuffixlist"), PublicSuffixList())
