"""The W3C extended log file format (working draft WD-logfile-960323), as IIS and CloudFront write it."""

from tlsaudit.probe.accesslog.notation import Column, LogFormatError, Parts, Variable

FIELDS = b"#Fields:"

_COLUMNS = {
    "date": Column.DATE,
    "time": Column.CLOCK,
    "cs-uri-scheme": Column.SCHEME,
    "cs-protocol": Column.SCHEME,  # CloudFront
    "x-edge-scheme": Column.SCHEME,
    "ssl-protocol": Column.TLS,  # CloudFront
    "s-port": Column.PORT,
    "c-ip": Column.ADDRESS,
    "cs(referer)": Column.REFERER,
    "cs(user-agent)": Column.AGENT,
    "cs(x-forwarded-proto)": Column.FORWARDED_PROTO,
    "x-forwarded-for": Column.FORWARDED_FOR,
    "cs(x-forwarded-for)": Column.FORWARDED_FOR,
}


def w3c_parts(directive: str, separator: str = " ") -> Parts:
    """The parts that a `#Fields:` line names. Raises LogFormatError."""
    names = directive.removeprefix(FIELDS.decode()).split()
    if not names:
        raise LogFormatError("the #Fields: line names no field")
    parts: list[str | Variable] = []
    for name in names:
        parts += [separator, Variable(_COLUMNS.get(name.lower(), Column.SKIPPED), name)]
    return tuple(parts[1:])
