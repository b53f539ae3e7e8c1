"""TLS enumeration of many addresses by tlsaudit, and nothing else. Run by bench/tls.py as a child process."""

import asyncio
import sys
from collections.abc import Sequence

from tlsaudit.probe.handshake.look import TlsLook, probe_tls
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road

CONCURRENT_HOSTS = 20


async def main(server_name: str, port: int, addresses: Sequence[str]) -> None:
    gate = asyncio.Semaphore(CONCURRENT_HOSTS)

    async def one(address: str) -> None:
        async with gate:
            look = await probe_tls(Road((address, port), Limits()), server_name, Limits())
        if not isinstance(look, TlsLook):
            raise SystemExit(f"{address}: {look}")

    await asyncio.gather(*map(one, addresses))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
