"""Browsers know from the start that the host is served over https alone.

## Rationale
HSTS protects from the second visit on; the first is plain http unless the browser knows better. The preload list tells
it, for names and for whole domains with all that is below them. This check looks the host up, in the list that you give
with `--preload-list`: nothing is fetched.

An entry for a domain above counts where it includes subdomains; the nearest entry decides, as in Chromium. A list older
than `maximum_age` tells nothing, and the verdict is unknown: Chrome itself does not trust a list longer than the ten
weeks that are the default here. Being eligible (hsts-preload-eligible) is not being on the list, and a new entry takes
months until most browsers have it.

## Remediation
Fetch the list, and again before it is too old. Its date is the one in the file's name, else that of the file:

    list=https://chromium.googlesource.com/chromium/src/+/main/net/http/transport_security_state_static.json
    curl -s "$list?format=TEXT" | base64 -d > hsts-$(date -u +%F).json
    tlsaudit scan example.org --preload-list hsts-$(date -u +%F).json

To have a domain put on it, meet hsts-preload-eligible, be sure that every subdomain is served over https and will be,
and submit it at hstspreload.org.
"""

from collections.abc import Iterator
from datetime import timedelta

from tlsaudit.check import Fact, PreloadList, Severity, Verdict, check, failed, not_applicable, passed, unknown
from tlsaudit.evidence import HttpsExchange, is_ip_address


@check(
    title="The host is on the HSTS preload list",
    severity=Severity.LOW,
    tags={"preload"},
    references=("RFC 6797 section 12.3", "hstspreload.org"),
)
def hsts_preloaded(
    https: HttpsExchange, *, preload_list: PreloadList, maximum_age: timedelta = timedelta(weeks=10)
) -> Iterator[Verdict]:
    if is_ip_address(https.host):
        yield not_applicable("an IP address cannot be preloaded")
        return
    listed = f"the list of {preload_list.dated}"
    entry = preload_list.covering(https.host)
    facts: dict[str, Fact] = {"entry": entry, "list_date": preload_list.dated.isoformat()}
    if https.observed_at.date() - preload_list.dated > maximum_age:
        yield unknown(f"{listed} is more than {maximum_age.days} days old: fetch a new one", **facts)
    elif entry is None:
        yield failed(f"not preloaded, by {listed}", **facts)
    elif entry == https.host:
        yield passed(f"preloaded, by {listed}", **facts)
    else:
        yield passed(f"preloaded with all of {entry}, by {listed}", **facts)
