"""How large a hello may be: everything at once, or less for servers that fail on that."""

from collections.abc import Sequence
from dataclasses import dataclass

from tlsaudit.evidence import TlsVersion
from tlsaudit.probe.handshake.offers import COMMON_GROUPS, COMMON_SCHEMES, COMMON_SUITES
from tlsaudit.probe.hello import ClientHello, push_client_hello

_SUITES, _GROUPS = 20, 8  # with these a hello stays under 256 bytes, where the first bugs begin
_PARTS = 4


@dataclass(frozen=True, slots=True)
class Manner:
    """`highest` is the version up to which it works; `small`: few suites and groups at a time; `bare`: without
    extensions.
    """

    highest: TlsVersion = TlsVersion.TLS1_3
    small: bool = False
    bare: bool = False

    def dress(self, hello: ClientHello) -> ClientHello:
        """The hello as this manner has it, its suites and groups still all of them."""
        if not self.small:
            return hello
        return hello._replace(schemes=COMMON_SCHEMES, bare=self.bare, groups=() if self.bare else hello.groups)

    def suites(self, codes: Sequence[int]) -> list[tuple[int, ...]]:
        """Parts that can be asked about side by side."""
        count = -(-len(codes) // _SUITES) if self.small else _PARTS
        return [tuple(codes[start::count]) for start in range(count)]

    def groups(self, codes: Sequence[int]) -> list[tuple[int, ...]]:
        """The same; each ends in the last, the curve of most ECDSA certificates."""
        if not codes or not self.small:
            return [tuple(codes)]
        starts = range(0, len(codes), _GROUPS)
        return [tuple(dict.fromkeys((*codes[start : start + _GROUPS], codes[-1]))) for start in starts]


FULL = Manner()


def smaller(server_name: str | None) -> list[tuple[Manner, ClientHello, str]]:
    """Hellos that ask less and less, each with its manner and what the one before it had that this one has not."""
    small = ClientHello(TlsVersion.TLS1_2, COMMON_SUITES, COMMON_GROUPS, server_name, schemes=COMMON_SCHEMES)
    bare = small._replace(bare=True)
    old = bare._replace(version=TlsVersion.TLS1_0)
    size = len(push_client_hello(small, bytes(32)))
    return [
        (Manner(TlsVersion.TLS1_2, small=True), small, f"more than {size} bytes"),
        (Manner(TlsVersion.TLS1_2, small=True, bare=True), bare, "extensions"),
        (Manner(TlsVersion.TLS1_0, small=True, bare=True), old, "TLS 1.2"),
    ]
