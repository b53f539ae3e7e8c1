"""Look at the links of a targets file, where a rule is about them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tlsaudit.app.settings import ProbeSettings
from tlsaudit.check import Rule, SubjectKind
from tlsaudit.errors import UserError
from tlsaudit.evidence import LinkState, NotObserved
from tlsaudit.target import Link

if TYPE_CHECKING:
    from tlsaudit.probe.ipsec.look import LinkProbe

LinkStates = Mapping[str, LinkState | NotObserved]
"""What was seen of each link, by its id."""


def link_probe(links: Sequence[Link], rules: Sequence[Rule], settings: ProbeSettings) -> "LinkProbe | None":
    """What looks at them; None where no rule is about links, or there are none. Raises UserError where a source takes
    what is not installed.
    """
    if not links or not any(rule.check.subject_kind is SubjectKind.LINK for rule in rules):
        return None
    from tlsaudit.probe.ipsec.look import LinkProbe
    from tlsaudit.probe.ipsec.vici import EXTRA

    for link in links:
        if any(source.kind == "vici" for source in link.sources) and not EXTRA.installed:
            raise UserError(f"the vici socket of {link.id} cannot be asked: pip install 'tlsaudit[{EXTRA.name}]'")
    return LinkProbe(settings.clock)


async def look_at(links: Sequence[Link], probe: "LinkProbe | None") -> LinkStates:
    """All at once. Without a probe nothing was looked at."""
    if probe is None:
        return {}
    return dict(zip((link.id for link in links), await asyncio.gather(*map(probe, links)), strict=True))
