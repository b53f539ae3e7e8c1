"""The notation of Apache: `LogFormat` of mod_log_config, which varnishncsa has taken over."""

import re

from tlsaudit.probe.accesslog.notation import Column, LogFormatError, Parts, Variable

_COLUMNS = {
    "h": Column.ADDRESS,
    "a": Column.ADDRESS,
    "t": Column.TIME_CLF_BRACKETS,
    "p": Column.PORT,
    "r": Column.REQUEST,
}
# With an argument: the letter, and the argument in lower case.
_ARGUMENTS = {
    "i": {
        "referer": Column.REFERER,
        "user-agent": Column.AGENT,
        "x-forwarded-proto": Column.FORWARDED_PROTO,
        "x-forwarded-for": Column.FORWARDED_FOR,
    },
    "e": {"https": Column.TLS, "request_scheme": Column.SCHEME, "ssl_protocol": Column.TLS},
    "x": {
        "https": Column.TLS,
        "ssl_protocol": Column.TLS,
        "ssl_cipher": Column.TLS,
        "vcl_log:scheme": Column.SCHEME,
        "vcl_log:proto": Column.SCHEME,
    },
    "c": {"ssl_protocol": Column.TLS},
    "p": {"canonical": Column.PORT, "local": Column.PORT},
    "a": {"c": Column.SKIPPED},
}
# %{...}t, as strftime(3) writes it; only with an offset is a moment known.
_TIMES = {
    "sec": Column.TIME_EPOCH,
    "msec": Column.TIME_EPOCH,
    "usec": Column.TIME_EPOCH,
    "msec_frac": Column.SKIPPED,
    "usec_frac": Column.SKIPPED,
    "%Y-%m-%dT%H:%M:%S%z": Column.TIME_ISO,
    "%FT%T%z": Column.TIME_ISO,
    "%d/%b/%Y:%H:%M:%S %z": Column.TIME_CLF,
    "%d/%b/%Y:%T %z": Column.TIME_CLF,
    "[%d/%b/%Y:%T %z]": Column.TIME_CLF_BRACKETS,
}
_DIRECTIVE = re.compile(r"\s*(?:LogFormat|CustomLog\s+\S+)\s+\"((?:[^\"\\]|\\.)*)\".*", re.DOTALL | re.IGNORECASE)
# %[!][statuses][< or >][{argument}]letter
_FIELD = re.compile(r"%(?:%|!?[\d,]*[<>]?(?:\{([^}]*)\})?(\^?[A-Za-z]{1,2}(?<=\^..)|[A-Za-z]))")
_ESCAPES = {'"': '"', "\\": "\\", "t": "\t", "n": "\n"}


def apache_parts(text: str) -> Parts:
    """The parts of a format, or of the whole directive as it stands in httpd.conf. Raises LogFormatError."""
    directive = _DIRECTIVE.fullmatch(text)
    text = re.sub(r"\\([\"\\tn])", lambda found: _ESCAPES[found[1]], directive[1] if directive else text)
    parts: list[str | Variable] = []
    literal = ""
    end = 0
    for found in _FIELD.finditer(text):
        literal += _literal(text[end : found.start()])
        end = found.end()
        if found[0] == "%%":
            literal += "%"
            continue
        if literal:
            parts.append(literal)
            literal = ""
        parts.append(Variable(_column(found[2], found[1]), found[0]))
    literal += _literal(text[end:])
    return (*parts, literal) if literal else tuple(parts)


def _literal(text: str) -> str:
    if "%" in text:
        raise LogFormatError(f"--log-format: {text[text.index('%') :]!r:.40} is no column of Apache's notation")
    return text


def _column(letter: str, argument: str | None) -> Column:
    if argument is None:
        return _COLUMNS.get(letter, Column.SKIPPED)
    if letter != "t":
        return _ARGUMENTS.get(letter, {}).get(argument.lower(), Column.SKIPPED)
    name = argument.removeprefix("begin:").removeprefix("end:")
    if name not in _TIMES:
        raise LogFormatError(f"--log-format: the time {argument!r:.60} is not one that can be read: log %t")
    return _TIMES[name]
