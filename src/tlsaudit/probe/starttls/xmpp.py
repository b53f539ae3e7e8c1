"""XMPP: streams of clients and of servers (RFC 6120 section 5)."""

from xml.sax.saxutils import quoteattr

from tlsaudit.probe.starttls.wire import Said, Step, Wire, clear_text, refusal

_TLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


def client_stream(host: str) -> Step[Said]:
    return _stream(host, "jabber:client")


def server_stream(host: str) -> Step[Said]:
    return _stream(host, "jabber:server")


def _stream(host: str, namespace: str) -> Step[Said]:
    wire = Wire()
    wire.say(
        f"<?xml version='1.0'?><stream:stream to={quoteattr(host)} xmlns='{namespace}' "
        "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>".encode()
    )
    offered, mechanisms = False, []
    name = b""
    while name not in (b"/features", b"features/"):
        text, name = yield from _tag(wire)
        if name == b"/mechanism":
            mechanisms.append(text.decode("ascii", "replace").strip())
        offered = offered or name in (b"starttls", b"starttls/")
    auth = clear_text(mechanisms, "SASL ")
    if not offered:
        return Said(offered=False, clear_text_auth=auth)
    wire.say(_TLS)
    _, name = yield from _tag(wire)
    if name == b"proceed":
        _, name = yield from _tag(wire)
    if name not in (b"proceed/", b"/proceed"):
        raise refusal("starttls is refused", name)
    return wire.end(offered=True, clear_text_auth=auth)


def _tag(wire: Wire) -> Step[tuple[bytes, bytes]]:
    """The text before the next tag, and the tag without prefix and attributes: `features`, `/features`, `features/`.

    XMPP leaves out most of XML (RFC 6120 section 11.1), so that this is enough to look for elements by name. An error
    or the end of the stream is a PreambleError.
    """
    piece = yield from wire.until(b">")
    text, _, inside = piece.removesuffix(b">").rpartition(b"<")
    opened = inside.lstrip(b"/").split(maxsplit=1)
    name = opened[0].rstrip(b"/").rpartition(b":")[2] if opened else b""
    if name == b"error":
        condition = yield from wire.until(b">")
        raise refusal("the server ends the stream", condition.strip(b"</>").partition(b" ")[0])
    if name == b"stream" and inside.startswith(b"/"):
        raise refusal("the server ends the stream", inside)
    return text, (b"/" if inside.startswith(b"/") else b"") + name + (b"/" if inside.endswith(b"/") else b"")
