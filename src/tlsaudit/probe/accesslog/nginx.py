"""The notation of nginx: `log_format` of ngx_http_log_module."""

import re

from tlsaudit.probe.accesslog.notation import Column, LogFormatError, Parts, Variable

_COLUMNS = {
    "time_local": Column.TIME_CLF,
    "time_iso8601": Column.TIME_ISO,
    "msec": Column.TIME_EPOCH,
    "scheme": Column.SCHEME,
    "https": Column.TLS,
    "ssl_protocol": Column.TLS,
    "ssl_cipher": Column.TLS,
    "server_port": Column.PORT,
    "http_x_forwarded_proto": Column.FORWARDED_PROTO,
    "http_x_forwarded_scheme": Column.FORWARDED_PROTO,
    "remote_addr": Column.ADDRESS,
    "http_x_forwarded_for": Column.FORWARDED_FOR,
    "http_referer": Column.REFERER,
    "http_user_agent": Column.AGENT,
    "request": Column.REQUEST,
}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_DIRECTIVE = re.compile(r"\s*log_format\s+\S+\s+(?:escape=\w+\s+)?(.*?);?\s*", re.DOTALL)
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)


def nginx_parts(text: str) -> Parts:
    """The parts of a format, or of the whole directive as it stands in nginx.conf. Raises LogFormatError."""
    directive = _DIRECTIVE.fullmatch(text)
    if directive:
        strings = _QUOTED.findall(directive[1])
        text = "".join(re.sub(r"\\(.)", r"\1", double or single) for double, single in strings)
        if not text:
            raise LogFormatError("--log-format: the log_format directive has no quoted text")
    parts: list[str | Variable] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        if found.start() > end:
            parts.append(text[end : found.start()])
        name = found[1] or found[2]
        skipped = Column.LIST if name.startswith("upstream_") else Column.SKIPPED
        parts.append(Variable(_COLUMNS.get(name.lower(), skipped), f"${name}"))
        end = found.end()
    if end < len(text):
        parts.append(text[end:])
    return tuple(parts)
