"""Name constraints (RFC 5280 section 4.2.1.10) on DNS names, addresses and directory names."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network

from cryptography import x509

_KINDS = (x509.DNSName, x509.IPAddress, x509.DirectoryName)


def has_other_kinds(constraints: x509.NameConstraints) -> bool:
    """Whether there are constraints on names of other kinds."""
    trees = (*(constraints.permitted_subtrees or ()), *(constraints.excluded_subtrees or ()))
    return not all(isinstance(tree, _KINDS) for tree in trees)


def outside(path: Sequence[x509.Certificate]) -> Iterator[tuple[x509.Certificate, x509.Certificate]]:
    """Each certificate of a path, leaf first, that has a name which an authority above must not vouch for; and that
    authority. Intermediates of one and the same authority are not constrained (RFC 5280 section 6.1.3).
    """
    for place, authority in enumerate(path):
        try:
            constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
        except x509.ExtensionNotFound:
            continue
        for below, item in enumerate(path[:place]):
            constrained = below == 0 or item.subject != item.issuer
            if constrained and not all(_allowed(name, constraints) for name in _names(item)):
                yield item, authority


def _names(certificate: x509.Certificate) -> Iterator[x509.GeneralName]:
    if certificate.subject.rdns:
        yield x509.DirectoryName(certificate.subject)
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (name for name in alternatives if isinstance(name, _KINDS))


def _allowed(name: x509.GeneralName, constraints: x509.NameConstraints) -> bool:
    kind = type(name)
    permitted = [tree for tree in constraints.permitted_subtrees or () if isinstance(tree, kind)]
    excluded = [tree for tree in constraints.excluded_subtrees or () if isinstance(tree, kind)]
    if any(_within(name, tree) or _may_be(name, tree) for tree in excluded):
        return False
    return not permitted or any(_within(name, tree) for tree in permitted)


def _within(name: x509.GeneralName, tree: x509.GeneralName) -> bool:
    match name, tree:
        case x509.DNSName(), x509.DNSName():
            host, domain = name.value.lower(), tree.value.lower()
            return not domain or host == domain or host.endswith("." + domain.removeprefix("."))
        case x509.IPAddress(), x509.IPAddress():
            return isinstance(tree.value, IPv4Network | IPv6Network) and name.value in tree.value
        case x509.DirectoryName(), x509.DirectoryName():
            base = _units(tree.value)
            return _units(name.value)[: len(base)] == base
    return False


def _may_be(name: x509.GeneralName, tree: x509.GeneralName) -> bool:
    """Whether a wildcard stands for a name that is excluded."""
    if not (isinstance(name, x509.DNSName) and isinstance(tree, x509.DNSName) and name.value.startswith("*.")):
        return False
    return tree.value.lower().partition(".")[2] == name.value[2:].lower()


def _units(name: x509.Name) -> list[frozenset[tuple[x509.ObjectIdentifier, str | bytes]]]:
    """In the form in which names are compared (RFC 5280 section 7.1): neither case nor the number of spaces counts."""
    return [
        frozenset(
            (item.oid, item.value if isinstance(item.value, bytes) else " ".join(item.value.lower().split()))
            for item in unit
        )
        for unit in name.rdns
    ]
