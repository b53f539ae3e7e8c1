"""By which names an endpoint can be called in a `scope` or an `on`."""

from tlsaudit.target.endpoint import Endpoint
from tlsaudit.target.name import parse_authority
from tlsaudit.target.problem import TargetError
from tlsaudit.target.roster import Roster
from tlsaudit.target.starttls import parse_starttls, scheme_of


def names_of(endpoint: Endpoint) -> tuple[str, ...]:
    """service, service@site, host, host@site, host:port and host:port@site: whatever of it there is. With STARTTLS
    also smtp://host:port and smtp://host:port@site.
    """
    service = (endpoint.service,) if endpoint.service else ()
    return _at_site((*_own_names(endpoint), *service), endpoint)


def _own_names(endpoint: Endpoint) -> tuple[str, ...]:
    names = endpoint.host, endpoint.authority
    return (*names, endpoint.name) if endpoint.starttls else names


def _at_site(names: tuple[str, ...], endpoint: Endpoint) -> tuple[str, ...]:
    return (*names, *(f"{name}@{endpoint.site}" for name in names)) if endpoint.site else names


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


class Names:
    """The endpoints of a roster by the names that they go by, but for those of services."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def called(self, name: str) -> list[Endpoint]:
        """In their order."""
        return [self._roster[number] for number in self.numbers(name)]

    def numbers(self, name: str) -> list[int]:
        """Their places in the roster."""
        return [number for number in self._roster.of_host(_host_in(name)) if self._is_called(number, name)]

    def _is_called(self, number: int, name: str) -> bool:
        endpoint = self._roster[number]
        return name in _at_site(_own_names(endpoint), endpoint)


def _host_in(name: str) -> str:
    """Whatever a name is, the host that an endpoint of this name has."""
    authority = name.partition("@")[0].rpartition("://")[2]
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority if authority.count(":") > 1 else authority.partition(":")[0]
