"""By which names an endpoint can be called in a `scope` or an `on`."""

from tlsaudit.target.endpoint import Endpoint
from tlsaudit.target.name import parse_authority
from tlsaudit.target.problem import TargetError
from tlsaudit.target.starttls import parse_starttls, scheme_of


def names_of(endpoint: Endpoint) -> tuple[str, ...]:
    """service, service@site, host, host@site, host:port and host:port@site: whatever of it there is. With STARTTLS
    also smtp://host:port and smtp://host:port@site.
    """
    names = [endpoint.host, endpoint.authority]
    if endpoint.starttls:
        names.append(endpoint.name)
    if endpoint.service:
        names.append(endpoint.service)
    return (*names, *(f"{name}@{endpoint.site}" for name in names if endpoint.site))


def canonical(entry: str) -> str:
    """An entry with its host, if that is what it names, in the form in which endpoints have it."""
    name, at, site = entry.partition("@")
    try:
        if scheme_of(name):
            protocol, host, number = parse_starttls(name)
            return Endpoint(host, number, starttls=protocol).name + at + site
        host, port = parse_authority(name)
    except TargetError:
        return entry
    return (host if port is None else Endpoint(host, port).authority) + at + site
