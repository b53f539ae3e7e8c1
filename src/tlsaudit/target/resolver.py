"""The DNS resolver that the user names."""

from tlsaudit.target.endpoint import SocketAddress
from tlsaudit.target.name import parse_address, parse_authority
from tlsaudit.target.problem import TargetError, shown

_PORT = 53


def parse_resolver(text: str) -> SocketAddress:
    """`192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353` -> address, port. Raises TargetError."""
    try:
        host, port = parse_authority(text)
        return parse_address(host), _PORT if port is None else port
    except TargetError:
        raise TargetError(
            f"{shown(text)} is no resolver: write its IP address, such as 192.0.2.53 or [::1]:5353"
        ) from None
