"""Scaffold a check and its test: `make new-check NAME=hsts-preload`."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CHECK = '''"""One sentence that says what is true when this check passes.

## Rationale
Why it matters, and to whom.

## Remediation
What to do when it fails.

- nginx: `a line of configuration;`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, passed
from tlsaudit.evidence import TlsOffer


@check(
    title="A title of a few words",
    severity=Severity.MEDIUM,
    tags={{"tls"}},
    settings={{Setting.PROTOCOLS}},
    references=("RFC 8446",),
)
def {function}(tls: TlsOffer) -> Iterator[Verdict]:
    versions = [offer.version.label for offer in tls.versions]
    yield passed(f"{{versions[0]}} is served") if versions else failed("nothing is served")
'''

TEST = """import pytest

from tests.checks.run import Expected, judge
from tests.checks.tls import ECDHE, TLS13, offer
from tlsaudit.evidence import TlsOffer


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (offer(TLS13, ECDHE), ("pass", "TLS 1.3 is served")),
        (offer(), ("fail", "nothing is served")),
    ],
)
def test_{function}(seen: TlsOffer, expected: Expected) -> None:
    assert judge("{id}", seen) == [expected]
"""


def scaffold(root: Path, name: str) -> list[Path]:
    """Write checks/NAME.py and its test. Exits with one line where the name is no id or is taken."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        sys.exit(f"{name!r} is no check id: make new-check NAME=hsts-preload")
    function = name.replace("-", "_")
    files = {
        root / "checks" / f"{function}.py": CHECK.format(function=function),
        root / "tests" / "checks" / f"test_{function}.py": TEST.format(function=function, id=name),
    }
    for file in files:
        if file.exists():
            sys.exit(f"{file.relative_to(root)} exists already: choose another name")
    for file, text in files.items():
        file.write_text(text, "utf-8")
    return list(files)


if __name__ == "__main__":
    for written in scaffold(ROOT, sys.argv[1] if len(sys.argv) > 1 else ""):
        print(f"wrote {written.relative_to(ROOT)}")
