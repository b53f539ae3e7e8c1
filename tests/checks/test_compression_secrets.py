import pytest

from tests.checks.evidence import NOW
from tests.checks.run import Expected, judge
from tlsaudit.evidence import CompressedPages, NotObserved, PageCompression, Reason

TOKEN = ("csrf_token",)
HELD = "gzip over what looks like a secret (csrf_token)"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (PageCompression(None), ("pass", "/: requests from other sites are not answered with compression")),
        (PageCompression(None, refused=True), ("pass", "/: requests from other sites are refused")),
        (PageCompression("gzip", repeats=True, secrets=TOKEN), ("fail", f"/: {HELD} and over what is asked")),
        (
            PageCompression("gzip", repeats=False, secrets=TOKEN),
            ("unknown", f"/: {HELD}; it does not repeat our parameter, others were not tried"),
        ),
        (
            PageCompression("gzip", repeats=None, secrets=TOKEN),
            ("unknown", f"/: {HELD}; too large to see whether it repeats what is asked"),
        ),
        (
            PageCompression("br", repeats=True, personal=True),
            ("unknown", "/: br; what it holds for those with a cookie was not seen"),
        ),
        (PageCompression("br", repeats=True), ("pass", "/: br, but no secret and no cookie is to be seen")),
        (NotObserved(Reason.RATE_LIMITED), ("unknown", "/: rate limited")),
    ],
)
def test_compression_secrets(page: PageCompression | NotObserved, expected: Expected) -> None:
    assert judge("compression-secrets", CompressedPages("www.example.org", NOW, (("/", page),))) == [expected]


def test_without_pages_there_is_nothing_to_judge() -> None:
    seen = CompressedPages("www.example.org", NOW, ())
    assert judge("compression-secrets", seen) == [("not_applicable", "no listed page is served over https")]
