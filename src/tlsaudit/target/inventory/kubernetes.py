"""Kubernetes manifests: which hosts an Ingress, a Gateway, its routes, an OpenShift Route or a Traefik IngressRoute
answers for.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from tlsaudit.target.inventory.documents import Node, child, documents, items, place_of, word
from tlsaudit.target.inventory.entry import InventoryEntry

_HOST_RULE = re.compile(r"\bHost(?:SNI)?\(([^)]*)\)")
_QUOTED = re.compile(r"[`\"']([^`\"']+)[`\"']")
_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute")

Ports = Mapping[tuple[str, str], set[str]]
"""Namespace and name of a Gateway -> the ports of its listeners that speak TLS."""


def read_manifests(text: str, name: str) -> Iterator[InventoryEntry]:
    """`host` or `host:port`, also of hosts that are answered without TLS, since that is what a scan should find. The
    service of an endpoint is the namespace and name of the first object that has it. Raises TargetsError.
    """
    found = [each for document in documents(text, name) for each in _objects(document)]
    ports: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in found:
        if word(child(each, "kind")) == "Gateway":
            for listener in items(child(each, "spec", "listeners")):
                if word(child(listener, "protocol")) in ("HTTPS", "TLS"):
                    ports[_key(each)].add(word(child(listener, "port")))
    for each in found:
        kind = word(child(each, "kind"))
        if reader := _READERS.get(kind):
            service = "/".join(filter(None, _key(each)))
            for host, port in reader(each, ports):
                at = "" if port in ("", "443") else f":{port}"
                for target in _names(kind, word(host)):
                    yield InventoryEntry(f"{target}{at}", *place_of(host), service=service)


def looks_like_manifests(text: str) -> bool:
    return re.search(r"""^\s*["']?apiVersion["']?\s*:""", text, re.MULTILINE) is not None


def _objects(document: Node) -> Iterator[Node]:
    """A manifest, or those of a list of them."""
    if word(child(document, "kind")).endswith("List"):
        for item in items(child(document, "items")):
            yield from _objects(item)
    else:
        yield document


def _key(manifest: Node, reference: Node = None) -> tuple[str, str]:
    """Of a manifest; of what it refers to, which is in the same namespace where it says nothing else."""
    own = word(child(manifest, "metadata", "namespace"))
    if reference is None:
        return own, word(child(manifest, "metadata", "name"))
    return word(child(reference, "namespace")) or own, word(child(reference, "name"))


def _names(kind: str, text: str) -> list[str]:
    if not kind.startswith("IngressRoute"):
        return [text] if text else []
    return [name for rule in _HOST_RULE.findall(text) for name in _QUOTED.findall(rule) if name != "*"]


Found = Iterator[tuple[Node, str]]


def _ingress(manifest: Node, _: Ports) -> Found:
    for rule in items(child(manifest, "spec", "rules")):
        yield child(rule, "host"), ""
    for tls in items(child(manifest, "spec", "tls")):
        for host in items(child(tls, "hosts")):
            yield host, ""


def _gateway(manifest: Node, ports: Ports) -> Found:
    """Each listener's host at its port; one of plain http at those that speak TLS, since http alone is a finding."""
    for listener in items(child(manifest, "spec", "listeners")):
        secure = word(child(listener, "protocol")) in ("HTTPS", "TLS")
        for port in (word(child(listener, "port")),) if secure else sorted(ports.get(_key(manifest), ("",))):
            yield child(listener, "hostname"), port


def _route(manifest: Node, ports: Ports) -> Found:
    parents = [_key(manifest, parent) for parent in items(child(manifest, "spec", "parentRefs"))]
    at = sorted({port for parent in parents for port in ports.get(parent, ())}) or [""]
    for host in items(child(manifest, "spec", "hostnames")):
        for port in at:
            yield host, port


def _openshift(manifest: Node, _: Ports) -> Found:
    yield child(manifest, "spec", "host"), ""


def _traefik(manifest: Node, _: Ports) -> Found:
    for route in items(child(manifest, "spec", "routes")):
        yield child(route, "match"), ""


_READERS: Mapping[str, Callable[[Node, Ports], Found]] = {
    "Ingress": _ingress,
    "Gateway": _gateway,
    **dict.fromkeys(_ROUTES, _route),
    "Route": _openshift,
    "IngressRoute": _traefik,
    "IngressRouteTCP": _traefik,
}
