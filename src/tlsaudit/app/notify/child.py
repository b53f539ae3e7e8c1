"""Hands one message to apprise, in a process of its own: python -m tlsaudit.app.notify.child

What apprise logs or prints may hold an address, and with it a secret: nothing leaves this process but whether it
worked, and why not in words from here. The job comes on standard input, the answer on standard output, as JSON.
"""

import json
import logging
import os
import re
import sys
from typing import Any

_WHY = {
    r"error=([45][0-9]{2})\b": "the answer was HTTP {}",
    r"error=(3[0-9]{2})\b": "the answer was HTTP {}, a redirect, which is not followed",
    r"(?i)connection error": "no connection, or it broke off",
    r"(?i)timed? ?out": "no answer in time",
}
"""What a line of apprise's log says, in words without an address."""


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def valid(urls: list[str]) -> list[bool]:
    """Which of them apprise can make something of."""
    return [_apprise(url) is not None for url in urls]


def send(url: str, title: str, body: str, kind: str) -> str | None:
    """None where every service of an address took the message, else why not."""
    from apprise import NotifyFormat

    seen = _Lines()
    logging.getLogger("apprise").addHandler(seen)
    services = _apprise(url)
    if services is None:
        return "the variable holds no Apprise URL"
    if services.notify(body=body, title=title, notify_type=kind, body_format=NotifyFormat.TEXT):
        return None
    found = (re.search(pattern, line) for line in seen.lines for pattern in _WHY)
    why = next((match for match in found if match), None)
    return _WHY[why.re.pattern].format(*why.groups()) if why else "it was not accepted"


def _apprise(url: str) -> Any:
    from apprise import Apprise, AppriseAsset, PersistentStoreMode

    asset = AppriseAsset(
        app_id="tlsaudit",
        app_desc="tlsaudit",
        app_url="",
        async_mode=False,
        http_redirects=False,  # a POST that is redirected may come to nothing, and be answered with 200
        pem_autogen=False,
        pgp_autogen=False,
        storage_mode=PersistentStoreMode.MEMORY,  # nothing of an address is written to disk
    )
    services = Apprise(asset=asset)
    return services if services.add(url) and len(services) else None


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    null = os.open(os.devnull, os.O_WRONLY)
    for standard in (1, 2):
        os.dup2(null, standard)
    job = json.load(sys.stdin)
    with answers:
        json.dump(valid(job["valid"]) if "valid" in job else send(**job), answers)


if __name__ == "__main__":
    main()
