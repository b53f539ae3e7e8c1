"""Scan as `tlsaudit scan` does, then say in JSON what is left over: `python -m tests.cli.leftovers OPTIONS`, where
the options are those of the command line in JSON.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.descriptors import open_files
from tlsaudit.app.applicable import applicable
from tlsaudit.app.observe import observe
from tlsaudit.app.settings import ProbeSettings
from tlsaudit.app.targets import endpoints_of
from tlsaudit.check import SubjectKind
from tlsaudit.probe.certificate import RootFile
from tlsaudit.probe.limits import Limits
from tlsaudit.registry import Registry, rule
from tlsaudit.target import Endpoint, parse_connect_to


async def look(endpoints: Sequence[Endpoint], settings: ProbeSettings) -> dict[str, int]:
    """`tasks` and `descriptors` that were not there before, once those that are on their way out had time to go."""
    checks = (check for check in Registry.load().values() if check.subject_kind is SubjectKind.ENDPOINT)
    rules = applicable([rule(check, {}) for check in checks], settings).rules
    async for _ in observe(endpoints[:1], rules, settings):
        pass  # what is opened once for all, a random source or the modules still to load, is no leak
    before = open_files()
    seen = 0
    async for _ in observe(endpoints, rules, settings):
        seen += 1
    for _ in range(1000):
        left = {"tasks": len(asyncio.all_tasks()) - 1, "descriptors": open_files() - before}
        if not any(left.values()):
            break
        await asyncio.sleep(0.01)
    return {"endpoints": seen, **left}


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    pins = [parse_connect_to(text) for text in options["connect_to"]]
    settings = ProbeSettings(
        Limits(endpoint_s=options["timeout"]), ca_files=[RootFile("test", Path(options["ca_file"]))]
    )
    sys.stdout.write(json.dumps(asyncio.run(look(endpoints_of(options["hosts"], [], pins).endpoints, settings))))
