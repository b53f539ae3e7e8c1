"""The names that columns usually have in structured logs: JSON, and the columns of Parquet."""

from collections.abc import Iterable, Mapping

from tlsaudit.probe.accesslog.notation import Column, LogFormatError

_USUAL: Mapping[Column, tuple[str, ...]] = {
    Column.TIME_ISO: (
        "time_iso8601", "@timestamp", "timestamp", "time", "time_local", "datetime", "date_time", "ts", "msec",
        "starttime", "edgestarttimestamp", "event_time", "dt",
    ),
    Column.SCHEME: ("scheme", "request_scheme", "url_scheme", "url.scheme", "clientrequestscheme", "cs-uri-scheme"),
    Column.TLS: (
        "https", "ssl_protocol", "tls_protocol", "tls_version", "ssl_version", "tls.version",
        "clientsslprotocol", "ssl_cipher",
    ),
    Column.PORT: ("server_port", "port", "s-port", "s_port", "server.port", "url.port"),
    Column.FORWARDED_PROTO: ("http_x_forwarded_proto", "x_forwarded_proto", "x-forwarded-proto"),
    Column.REFERER: (
        "http_referer", "http_referrer", "referer", "referrer", "http.request.referrer", "clientrequestreferer",
        "request.headers.referer", "cs_referer",
    ),
    Column.AGENT: (
        "http_user_agent", "user_agent", "user-agent", "useragent", "user_agent.original", "agent", "ua",
        "clientrequestuseragent", "request.headers.user-agent", "cs_user_agent",
    ),
    Column.ADDRESS: (
        "remote_addr", "client_ip", "clientip", "client.ip", "source.ip", "remote_ip", "request.client_ip",
        "request.remote_ip", "ip", "address", "client_address", "c_ip", "c-ip",
    ),
    Column.FORWARDED_FOR: ("http_x_forwarded_for", "x_forwarded_for", "x-forwarded-for"),
}  # fmt: skip

ROLES: Mapping[str, Column] = {
    "time": Column.TIME_ISO,
    "scheme": Column.SCHEME,
    "tls": Column.TLS,
    "port": Column.PORT,
    "forwarded-proto": Column.FORWARDED_PROTO,
    "referer": Column.REFERER,
    "agent": Column.AGENT,
    "address": Column.ADDRESS,
    "forwarded-for": Column.FORWARDED_FOR,
}
"""What --column calls them."""


def named_columns(names: Iterable[str], own: Mapping[Column, str]) -> dict[Column, str]:
    """Which of the names are which column; `own` are those that the user named. Raises LogFormatError where there is no
    time or no User-Agent.
    """
    lower = {name.lower(): name for name in reversed(list(names))}
    found = {
        column: lower[usual]
        for column, candidates in _USUAL.items()
        for usual in reversed(candidates)
        if usual in lower
    } | dict(own)
    if Column.SCHEME in own:
        found = {column: name for column, name in found.items() if column not in {Column.TLS, Column.PORT}}
    for role, column in (("time", Column.TIME_ISO), ("agent", Column.AGENT)):
        if column not in found:
            named = ", ".join(sorted(lower.values())[:12])
            raise LogFormatError(f"no column is known as the {role}: name it with --column {role}=NAME ({named:.200})")
    return found
