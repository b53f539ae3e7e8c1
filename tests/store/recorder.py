"""A process that records an audit of a fleet: python -m tests.store.recorder URL ENDPOINTS DAY. Says each endpoint."""

import sys
from datetime import timedelta

from tests.store.fleet import CHECKS, START, begin, endpoints, finding, observation
from tlsaudit.store import Store


def main(url: str, count: int, day: int) -> None:
    at = START + timedelta(days=day)
    with Store.open(url) as store:
        audit = begin(store, at)
        for endpoint in endpoints(count):
            store.add_observation(
                audit, endpoint, observation(endpoint, at), [finding(endpoint, check) for check in CHECKS]
            )
            sys.stdout.write(f"{endpoint.id}\n")
            sys.stdout.flush()
        store.finish(audit, at)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
