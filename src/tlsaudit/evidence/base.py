"""What all evidence has in common: a reason where there is none, and the split into stable and sample."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar, get_type_hints

T = TypeVar("T")

_SAMPLE = "differs from one look to the next though nothing was changed"

Sample = Annotated[T, _SAMPLE]
"""The type of a field such as a time or a latency. All other fields are stable: what was configured.

The store keeps the stable part of evidence once per distinct content, and a sample for a few weeks: after that, it is
None. So each type admits None, but for `observed_at`.
"""


class Reason(StrEnum):
    """Why something could not be observed; the value is what a person reads."""

    TIMED_OUT = "timed out"
    REFUSED = "connection refused"
    RESET = "connection reset"
    UNREACHABLE = "network unreachable"
    PROXY = "no way through the proxy"
    UNRESOLVED = "the name does not resolve"
    DNS = "DNS does not say"
    RATE_LIMITED = "rate limited"
    FORBIDDEN = "403 from the server"
    SERVER_ERROR = "server error"
    CLIENT_CERTIFICATE = "the server wants a client certificate"
    NOT_TLS = "the answer is not TLS"
    NOT_HTTP = "the answer is not HTTP"
    NOT_A_SITEMAP = "the answer is not a sitemap"
    NO_STARTTLS = "STARTTLS is not offered"
    REJECTED = "every TLS hello was rejected"
    TOO_LARGE = "the answer is too large"
    REDIRECT_LOOP = "redirect loop"
    NOT_FOLLOWED = "redirect not followed"
    NOT_PROBED = "not probed"
    PROBE_FAILED = "the probe failed"


@dataclass(frozen=True, slots=True)
class NotObserved:
    """Stands where evidence would stand. A check whose evidence is missing gets `unknown` with this reason."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


def sample_fields(evidence_type: type) -> frozenset[str]:
    """The names of the sample fields of an evidence type."""
    hints = get_type_hints(evidence_type, include_extras=True)
    return frozenset(name for name, hint in hints.items() if _SAMPLE in getattr(hint, "__metadata__", ()))
