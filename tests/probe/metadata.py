"""Run in a network of its own: does a redirect to an address that is not public get there, or a line of robots.txt?
Arguments: from, to.
"""

import json
import sys

from tests.faults import answering, message, serve_fault
from tests.probe.web import HOST, Website, look, missing, seen_http
from tlsaudit.probe.http import DEEP_PATH
from tlsaudit.target import Endpoint, Route


def main(site: str, metadata: str) -> None:
    """Write how often the other address was asked, and what is said of it."""
    with serve_fault(answering(message(200, body=b"secret")), address=metadata) as inner:
        authority = f"[{metadata}]:{inner.port}" if ":" in metadata else f"{metadata}:{inner.port}"
        moved = message(301, f"Location: http://{authority}/latest/meta-data/")
        robots = message(200, body=f"Sitemap: http://{authority}/latest/user-data\n".encode())
        website = Website({"/": moved, DEEP_PATH: moved, "/robots.txt": robots})
        with serve_fault(website.handler, address=site) as plain:
            target = Endpoint(HOST, route=Route({(HOST, 80): ((site, plain.port),)}), sample=1)
            visit = seen_http(look(target, addresses=(site,))).visits[0]
        stopped = missing(visit.stopped).detail if visit.stopped else None
        sys.stdout.write(json.dumps([inner.connections, stopped and stopped.replace(f":{inner.port}", "")]))


if __name__ == "__main__":
    main(*sys.argv[1:])
