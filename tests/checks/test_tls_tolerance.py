from tests.checks.run import judge
from tests.checks.tls import ECDHE, NOW, TLS13, offer
from tlsaudit.evidence import Intolerance, TlsOffer


def test_a_server_that_passes_over_what_it_does_not_know() -> None:
    assert judge("tls-tolerance", offer(TLS13, ECDHE)) == [
        ("pass", "every hello was answered, or refused for what it offers")
    ]


def test_a_server_that_does_not() -> None:
    intolerances = (Intolerance("TLS 1.3", "closed"), Intolerance("more than 255 bytes", "handshake_failure"))
    assert judge("tls-tolerance", TlsOffer(NOW, 10, (ECDHE,), intolerances=intolerances)) == [
        ("fail", "a hello with TLS 1.3 fails (closed), one with less is answered"),
        ("fail", "a hello with more than 255 bytes fails (handshake_failure), one with less is answered"),
    ]
