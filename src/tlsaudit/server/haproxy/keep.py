"""Which of HAProxy's keywords are run, and what becomes of the others.

What is not named here is left out: it decides nothing that is judged, and nothing that is unknown is run.
"""

SECTIONS = frozenset({"global", "defaults", "frontend", "backend", "listen"})

GLOBAL = frozenset({
    "ssl-default-bind-ciphers", "ssl-default-bind-ciphersuites", "ssl-default-bind-curves", "ssl-default-bind-options",
    "setenv", "presetenv", "tune.ssl.cachesize", "tune.ssl.default-dh-param", "tune.ssl.lifetime",
})  # fmt: skip

PROXY = frozenset({
    "acl", "default_backend", "http-after-response", "http-request", "http-response", "mode", "redirect",
    "reqadd", "reqirep", "rspadd", "rspidel", "rspirep", "timeout", "use_backend",
})  # fmt: skip

ACTIONS = frozenset({
    "add-header", "del-header", "normalize-uri", "redirect", "replace-header", "replace-path", "replace-pathq",
    "replace-uri", "replace-value", "return", "set-header", "set-path", "set-pathq", "set-query", "set-status",
    "set-uri", "set-var", "unset-var",
})  # fmt: skip
"""The actions of http-request, http-response and http-after-response that shape an answer, and do no more."""

SERVERS = frozenset({"server", "server-template", "dispatch", "use-fcgi-app"})
"""What hands a request to an application, which a stand-in answers for here."""

BIND_FLAGS = frozenset({
    "ssl", "allow-0rtt", "strict-sni", "no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13", "no-tls-tickets",
    "force-sslv3", "force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13", "prefer-client-ciphers", "no-alpn",
})  # fmt: skip
BIND_VALUES = frozenset({
    "alpn", "ciphers", "ciphersuites", "curves", "ecdhe", "npn", "sigalgs", "ssl-max-ver", "ssl-min-ver", "verify",
})  # fmt: skip
BIND_FILES = frozenset({"crt", "default-crt", "crt-list", "ca-file"})
"""Parameters of a bind line: those without a value, those with one, and those that name files."""

_CODE = frozenset(
    {"program", "external-check", "insecure-fork-wanted", "ssl-engine", "module-load", "51degrees-data-file"}
)


def runs_code(name: str, args: tuple[str, ...]) -> bool:
    """Whether a keyword loads or runs code."""
    return (
        name in _CODE
        or name.startswith("lua")
        or any(word.startswith("lua.") for word in args)
        or (name == "option" and args[:1] == ("external-check",))
    )
