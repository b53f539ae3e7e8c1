"""A mail server is not told what to write into nginx.conf."""

import pytest

from tests.report.views import CHECKS
from tlsaudit.report.fixes import fixes_for

FIXES = {"nginx": "a", "haproxy": "b", "postfix": "c", "dovecot": "d", "ejabberd": "e"}


@pytest.mark.parametrize(
    ("subject", "servers"),
    [
        ("www.example.org:443", ["nginx", "haproxy"]),
        ("www.example.org:443@east", ["nginx", "haproxy"]),
        ("web", ["nginx", "haproxy"]),
        ("smtp://mx.example.org:25@east", ["postfix"]),
        ("sieve://mail.example.org:4190", ["dovecot"]),
        ("xmpp-server://example.org:5269", ["ejabberd"]),
        ("ldap://example.org:389", []),
        ("nntp://example.org:119", []),
    ],
)
def test_fixes_for(subject: str, servers: list[str]) -> None:
    check = CHECKS[0].model_copy(update={"fixes": FIXES})
    assert list(fixes_for(check, subject)) == servers
