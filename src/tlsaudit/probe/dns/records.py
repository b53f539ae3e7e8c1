"""Records as dnspython reads them -> evidence."""

import base64
from typing import Any

from dns.rdtypes.svcbbase import ParamKey

from tlsaudit.evidence import CaaRecord, HttpsRecord, TlsaRecord
from tlsaudit.probe.dns.answer import text


def caa_record(record: Any) -> CaaRecord:
    """RFC 8659 section 4.1."""
    return CaaRecord(bool(record.flags & 0x80), _ascii(record.tag).lower(), _ascii(record.value))


def tlsa_record(record: Any) -> TlsaRecord:
    """RFC 6698 section 2.1."""
    return TlsaRecord(record.usage, record.selector, record.mtype, record.cert.hex())


def https_record(record: Any, owner: str) -> HttpsRecord:
    """One in ServiceMode (RFC 9460 section 2.1), at `owner`; the addresses of its target are for others to find."""
    param = record.params.get
    alpn, port, ech = param(ParamKey.ALPN), param(ParamKey.PORT), param(ParamKey.ECH)
    ipv4, ipv6, mandatory = param(ParamKey.IPV4HINT), param(ParamKey.IPV6HINT), param(ParamKey.MANDATORY)
    return HttpsRecord(
        priority=record.priority,
        target=text(record.target) or owner,
        alpn=tuple(each.decode("latin-1") for each in alpn.ids) if alpn else (),
        no_default_alpn=ParamKey.NO_DEFAULT_ALPN in record.params,
        port=port.port if port else None,
        ipv4_hints=tuple(sorted(ipv4.addresses)) if ipv4 else (),
        ipv6_hints=tuple(sorted(ipv6.addresses)) if ipv6 else (),
        mandatory=tuple(int(key) for key in mandatory.keys) if mandatory else (),
        ech=base64.b64encode(ech.ech).decode("ascii") if ech else None,
        addresses=(),
    )


def _ascii(value: bytes) -> str:
    return value.decode("ascii", "backslashreplace")
