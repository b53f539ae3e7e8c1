"""Whether an observer really tells pages apart by size, as `tlsaudit measure padding` says: a closed-world attack.

Each page is loaded several times from an nginx, whose answers differ a little from load to load. A nearest neighbour
learns all loads of a page but the last one, and says of which page that is. BENCH_PAGES=100 makes it shorter.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cli.command import at
from tests.pages import generated
from tests.servers import CertificateAuthority, nginx
from tlsaudit.policy.padding import SCHEMES, Scheme

PAGES = int(os.environ.get("BENCH_PAGES", "300"))
LOADS = 6
CHANGING = "gzip on; gzip_min_length 0; ssi on; ssi_last_modified off;"

UNPADDED = "as it is"
SERVERS = {
    UNPADDED: "",
    "RecordPadding 4096": "ssl_conf_command RecordPadding 4096;",
    "header field of 0 to 3,840 bytes": "set $filler ''; add_header X-Filler $filler;"
    + "".join(f"if ($request_id ~ ^{step:x}) {{ set $filler {'x' * 256 * step}; }}" for step in range(1, 16)),
}
"""What is served, and how nginx is told to."""

Loads = Mapping[str, Sequence[int]]
"""The sizes of each page's loads."""


def main() -> None:
    for title, config in SERVERS.items():
        measured = traces(PAGES, LOADS, CHANGING + config)
        for each in measured["series"]:
            mean = each["schemes"][0]["bytes"]
            print(f"\n{PAGES} pages, {LOADS} loads of {mean:,.0f} bytes each, {each['id']}, server {title}\n")
            print("| padding | recognisable | guessed right | attack | overhead |\n|---|---:|---:|---:|---:|")
            loads = sizes(measured, each["id"])
            for scheme, found in zip(SCHEMES, each["schemes"], strict=True):
                shares = (found["recognisable"], found["guessed"], accuracy(loads, scheme), found["overhead_share"])
                print(f"| {scheme.name} | {' | '.join(f'{share:.1%}' for share in shares)} |")
                if title != UNPADDED:
                    break


def changing(count: int) -> dict[str, str]:
    """Pages that have 32 random digits in them, as a session's token or an advertisement is."""
    return {path: f'{html}<p><!--# echo var="request_id" -->' for path, html in generated(count).items()}


def traces(count: int, loads: int, config: str) -> dict[str, Any]:
    """What `tlsaudit measure padding` sees of so many pages."""
    authority, pages = CertificateAuthority(), changing(count)
    with tempfile.TemporaryDirectory() as name, nginx(ca=authority, pages=pages, https_config=config) as server:
        urls = Path(name, "urls.txt")
        urls.write_text("".join(f"https://{server.name}{path}\n" for path in pages))
        command: list[object] = [
            Path(sys.executable).with_name("tlsaudit"),
            "measure",
            "padding",
            "-f",
            urls,
            *at(server),
            "-q",
        ]
        options = ["--ca-file", authority.write(Path(name)), "--repeat", str(loads), "--format", "json"]
        done = subprocess.run([str(word) for word in (*command, *options)], stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def sizes(measured: Mapping[str, Any], series: str) -> Loads:
    return {page["url"]: [load["size"] for load in page[series]] for page in measured["sizes"]}


def accuracy(loads: Loads, scheme: Scheme, seed: int = 2014) -> float:
    """How many of the last loads are told to be of their page, from 0 to 1, each load padded."""
    from sklearn.neighbors import KNeighborsClassifier

    chance = random.Random(seed)
    padded = {
        page: [scheme.pad(size) + chance.randrange(scheme.spread) for size in seen] for page, seen in loads.items()
    }
    known = [([size], page) for page, seen in padded.items() for size in seen[:-1]]
    chance.shuffle(known)  # among those at the same distance, no page is preferred for its place
    observer = KNeighborsClassifier(n_neighbors=1)
    observer.fit(*map(list, zip(*known, strict=True)))
    said = observer.predict([[seen[-1]] for seen in padded.values()])
    return sum(page == str(guess) for page, guess in zip(padded, said, strict=True)) / len(padded)


if __name__ == "__main__":
    main()
