"""One question to one server: UDP, and TCP where the answer does not fit (RFC 7766). dnspython has both, but with them
come its DNS over QUIC and HTTPS, which take a second to import.
"""

import asyncio

import dns.exception
import dns.message

from tlsaudit.target import SocketAddress

UDP_BYTES = 1232
"""What surely goes through in one piece (dnsflagday.net, 2020)."""

_TRUNCATED = 0x02  # in the third byte of the header


async def exchange(server: SocketAddress, question: dns.message.Message) -> dns.message.Message:
    """The answer. Raises OSError, and DNSException for what is none; it waits for as long as it is let."""
    wire = question.to_wire()
    answer = await _over_udp(server, wire, question)
    return await _over_tcp(server, wire, question) if answer is None else answer


async def _over_udp(server: SocketAddress, wire: bytes, question: dns.message.Message) -> dns.message.Message | None:
    """None where the answer was cut off. What does not belong to the question is passed over: anybody may send that."""
    received: asyncio.Queue[bytes | Exception] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(received), remote_addr=server)
    try:
        transport.sendto(wire)
        while True:
            item = await received.get()
            if isinstance(item, Exception):
                raise item
            if item[:2] != wire[:2] or len(item) < 12:
                continue
            if item[2] & _TRUNCATED:
                return None
            answer = dns.message.from_wire(item)
            if question.is_response(answer):
                return answer
    finally:
        transport.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, received: "asyncio.Queue[bytes | Exception]") -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002  its name is asyncio's
        self._received.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        self._received.put_nowait(exc)


async def _over_tcp(server: SocketAddress, wire: bytes, question: dns.message.Message) -> dns.message.Message:
    reader, writer = await asyncio.open_connection(*server)
    try:
        writer.write(len(wire).to_bytes(2, "big") + wire)
        length = int.from_bytes(await reader.readexactly(2), "big")
        answer = dns.message.from_wire(await reader.readexactly(length))
        if not question.is_response(answer):
            raise dns.exception.FormError
        return answer
    except EOFError:
        raise ConnectionResetError("closed before the answer was there") from None
    finally:
        writer.close()
