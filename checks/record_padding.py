"""TLS records are padded, so that their lengths do not tell those of the answers.

## Rationale
Encryption hides what is sent, and not how much: whoever watches the network knows the length of each page to the byte,
and often enough that tells which page it is. TLS 1.3 lets a server fill its records up with zeros (RFC 8446
section 5.4), so that pages of similar lengths look alike. Older versions have nothing of the kind.

Padding hides within a step alone: pages on different sides of it are still told apart, and how many records there are,
and when they come, is still to be seen. What it would gain for your pages is a matter of measuring them. It takes a
connection and a request of its own.

## Remediation
Pad records to a step that most pages stay below; it costs half a step for each answer, on average.

- nginx: `ssl_conf_command RecordPadding 4096;`
- apache: `SSLOpenSSLConfCmd RecordPadding 4096`
"""

from collections.abc import Iterator

from tlsaudit.check import Fact, Severity, Verdict, check, failed, passed
from tlsaudit.evidence import RecordPadding


@check(
    title="TLS records are padded",
    severity=Severity.LOW,
    tags={"traffic-analysis"},
    references=("RFC 8446 section 5.4", "RFC 8446 appendix E.3"),
    samples={"content_bytes", "padding_bytes"},
    opt_in=True,
)
def record_padding(seen: RecordPadding) -> Iterator[Verdict]:
    facts: dict[str, Fact] = {"padded": bool(seen.padded), "quantum_bytes": seen.quantum_bytes}
    if seen.content_bytes is not None and seen.padding_bytes is not None:
        facts |= {"content_bytes": seen.content_bytes, "padding_bytes": seen.padding_bytes}
    if seen.padded is None:
        yield failed("TLS 1.3 is not served, and no other version pads its records", **facts)
    elif not seen.padded:
        yield failed("records are as long as what is in them", **facts)
    elif seen.quantum_bytes:
        yield passed(f"records are padded to multiples of {seen.quantum_bytes} bytes", **facts)
    else:
        yield passed("records are padded, to no common step", **facts)
