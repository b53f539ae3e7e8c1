"""The words that need saying what they mean, and the links that lead to them where each is used first."""

import re
from typing import NamedTuple

from markupsafe import Markup, escape

from tlsaudit.report.text import clean


class Word(NamedTuple):
    """`pattern` is how it is written in running text; empty for words that the page itself chose, and need no link."""

    id: str
    name: str
    meaning: str
    pattern: str = ""


GLOSSARY = (
    Word("endpoint", "Endpoint", "A host name and port, at one site. A host at two sites is two endpoints."),
    Word(
        "judged",
        "Judged",
        "Measured well enough to say pass or fail. A server that timed out is neither: it is unknown.",
    ),
    Word("coverage", "Coverage", "The share that could be judged."),
    Word("excused", "Excused", "Waived: failing, known, and accepted by its owner until a date."),
    Word("expected", "Expected", "When the target is reached if things go on at the pace of the last audits."),
    Word(
        "tls",
        "TLS, HTTPS",
        "TLS is the encryption between a visitor and a server; HTTPS is the web over TLS.",
        "HTTPS|TLS",
    ),
    Word(
        "certificate",
        "Certificate",
        "What a server shows to prove who it is, signed by somebody whom browsers trust.",
        "[Cc]ertificates?",
    ),
    Word(
        "suite",
        "Cipher suite",
        "A set of algorithms that the two sides of a TLS connection agree on.",
        "[Cc]ipher suites?",
    ),
    Word(
        "pfs",
        "Forward secrecy (PFS)",
        "Traffic recorded today stays unreadable even if the server's key is stolen later.",
        "[Ff]orward.secre(?:cy|t)|PFS",
    ),
    Word(
        "quantum",
        "Post-quantum",
        "Made to withstand quantum computers, which may one day read what is recorded today.",
        "[Pp]ost-quantum",
    ),
    Word(
        "hsts",
        "HSTS",
        "A server's promise that makes browsers refuse to visit it unencrypted, for as long as it says.",
        "HSTS",
    ),
    Word(
        "canonical", "Canonical", "The address that a page names as its own: what search engines list.", "[Cc]anonical"
    ),
    Word(
        "mixed",
        "Mixed content",
        "What an encrypted page loads unencrypted, so that it can be read or changed on the way.",
        "[Mm]ixed content",
    ),
    Word(
        "starttls", "STARTTLS", "How mail and other protocols turn to encryption after they began without.", "STARTTLS"
    ),
    Word("quic", "QUIC, HTTP/3", "The newest form of the web's protocol, always encrypted.", "QUIC|HTTP/3"),
    Word(
        "ipsec",
        "IPsec",
        "Encryption of all traffic between two networks; a security association (SA) is for two of them.",
        r"IPsec|\bSAs?\b",
    ),
    Word("dnssec", "DNSSEC", "Signatures on what the DNS says of a name, so that nobody can forge it.", "DNSSEC"),
    Word("caa", "CAA", "A DNS record that says which authorities may issue certificates for a name.", "CAA"),
    Word("tlsa", "TLSA", "A DNS record that pins a server's certificate, mostly a mail server's.", "TLSA"),
)

_LINKED = tuple((word, re.compile(rf"\b(?:{word.pattern})(?!\w)")) for word in GLOSSARY if word.pattern)


def gloss(source: str, met: set[str]) -> Markup:
    """The text as HTML, in which a word leads to its meaning unless its id is among those `met` before; it is now."""
    text = clean(source)
    found = {}
    for word, pattern in _LINKED:
        if word.id not in met and (match := pattern.search(text)) and match.start() not in found:
            found[match.start()] = (match.end(), word)
            met.add(word.id)
    parts, at = [], 0
    for start in sorted(found):
        end, word = found[start]
        if start >= at:
            link = Markup('<a class="gloss" href="#word-{}">{}</a>').format(word.id, text[start:end])
            parts += [escape(text[at:start]), link]
            at = end
    return Markup("").join([*parts, escape(text[at:])])
