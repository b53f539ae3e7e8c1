"""The floor under TLS enumeration in Python: as many connections, each a hello out and whatever comes back in, by epoll
alone. Nothing is planned and nothing is parsed. Run by bench/tls.py as a child process.
"""

import errno
import os
import select
import socket
import sys
from collections.abc import Iterator, Sequence

from tlsaudit.evidence import TlsVersion
from tlsaudit.probe.hello import ClientHello, push_client_hello, push_record

CONNECTIONS = 22
"""To a modern host: the least that could tell what tlsaudit tells, see docs/benchmarks.md."""

_AT_A_TIME = 80
_HANDSHAKE = 22


def main(server_name: str, port: int, addresses: Sequence[str]) -> None:
    asked = ClientHello(TlsVersion.TLS1_3, (0x1301, 0x1302, 0x1303), (0x001D, 0x0017), server_name)
    hello = push_record(_HANDSHAKE, push_client_hello(asked, os.urandom(32), os.urandom(32)), 0x0301)
    targets = ((address, port) for address in addresses for _ in range(CONNECTIONS))
    poll = select.epoll()
    under_way: dict[int, socket.socket] = {}
    while _fill(poll, under_way, targets):
        for number, event in poll.poll():
            if event & select.EPOLLIN:
                under_way[number].recv(65536)
                under_way.pop(number).close()
            else:
                under_way[number].send(hello)
                poll.modify(number, select.EPOLLIN)


def _fill(poll: select.epoll, under_way: dict[int, socket.socket], targets: Iterator[tuple[str, int]]) -> bool:
    """Start connections up to the bound; whether any is under way."""
    while len(under_way) < _AT_A_TIME and (target := next(targets, None)):
        opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        if opened.connect_ex(target) not in (0, errno.EINPROGRESS):
            raise SystemExit(f"{target}: cannot connect")
        under_way[opened.fileno()] = opened
        poll.register(opened, select.EPOLLOUT)
    return bool(under_way)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
