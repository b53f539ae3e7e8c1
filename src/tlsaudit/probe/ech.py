"""Whether a server reads the hellos that are encrypted with the keys in its HTTPS records."""

from collections.abc import Iterator
from datetime import datetime

from tlsaudit.evidence import (
    CertificateChain,
    EchAttempt,
    EchError,
    EchOutcome,
    EncryptedHellos,
    HttpsRecords,
    NotObserved,
    Reason,
    TlsOffer,
    TlsVersion,
    VersionOffer,
    covers,
    parse_ech,
)
from tlsaudit.probe.certificate import TrustStores, certificates
from tlsaudit.probe.handshake import dns_name
from tlsaudit.probe.hello import ClientHello
from tlsaudit.probe.limits import Limits
from tlsaudit.probe.road import Road
from tlsaudit.probe.session.encrypted_hello import EncryptedHelloClient, usable
from tlsaudit.probe.session.protection import SUITES
from tlsaudit.probe.session.shares import GROUPS
from tlsaudit.probe.session.visit import Visitor

_MOST_ATTEMPTS = 4


async def look_ech(
    road: Road,
    host: str,
    address: str,
    dns: HttpsRecords | NotObserved,
    tls: TlsOffer | NotObserved,
    *,
    limits: Limits,
    trust: TrustStores,
    now: datetime,
) -> EncryptedHellos | NotObserved:
    """A connection for each distinct `ech` in the records that lead to this address, at most four; none where there is
    none. Certificates are judged as of `now`.
    """
    if isinstance(tls, NotObserved):
        return tls
    if isinstance(dns, NotObserved):
        return dns
    newest = next((offer for offer in tls.versions if offer.version is TlsVersion.TLS1_3), None)
    look = _Look(road, host, newest, limits, trust, now)
    return EncryptedHellos(host, now, tuple([await look.attempt(text) for text in _published(dns, address)]))


def _published(dns: HttpsRecords, address: str) -> list[str]:
    """Where some records lead to the address, those of them: hosts that are served by several have a key of each."""
    here = [record for record in dns.records if record.ech is not None and record.port in (None, dns.port)]
    leading = [record for record in here if isinstance(record.addresses, tuple) and address in record.addresses]
    return list(dict.fromkeys(record.ech for record in leading or here if record.ech))[:_MOST_ATTEMPTS]


class _Look:
    def __init__(  # noqa: PLR0917  as look_ech
        self, road: Road, host: str, offer: VersionOffer | None, limits: Limits, trust: TrustStores, now: datetime
    ) -> None:
        self._road = road
        self._host = host
        self._offer = offer
        self._limits = limits
        self._trust = trust
        self._now = now

    async def attempt(self, text: str) -> EchAttempt | NotObserved:
        try:
            found = usable(parse_ech(text))
        except EchError as error:
            return NotObserved(Reason.NOT_PROBED, f"ech cannot be read: {error}")
        if found is None:
            return NotObserved(Reason.NOT_PROBED, "no configuration in ech that can be spoken here")
        config, suite = found
        if self._offer is None:
            return EchAttempt(config.public_name, EchOutcome.IGNORED, "TLS 1.3 is not served")
        suites = tuple(code for code in self._offer.suites if code in SUITES)
        groups = tuple(code for code in self._offer.groups if code in GROUPS)
        if not (suites and groups):
            return NotObserved(Reason.PROBE_FAILED, "no suite and group that can be spoken here")
        hello = ClientHello(TlsVersion.TLS1_3, suites, groups, dns_name(self._host))
        visitor = Visitor(self._road, self._limits, asks_protocols=False)
        held = await visitor.visit(lambda _: EncryptedHelloClient(hello, self._limits.flight_bytes, config, suite))
        if held is None:
            return visitor.failure or NotObserved(Reason.PROBE_FAILED)
        return self._told(held, config.public_name)

    def _told(self, held: EncryptedHelloClient, public_name: str) -> EchAttempt:
        if held.accepted:
            return EchAttempt(public_name, EchOutcome.ACCEPTED)
        if held.seen.version is None:
            return EchAttempt(public_name, EchOutcome.REFUSED, str(held.seen.alert))
        outcome = EchOutcome.IGNORED if held.retry_configs is None else EchOutcome.REJECTED
        return EchAttempt(public_name, outcome, distrust=next(self._distrust(held, public_name), None))

    def _distrust(self, held: EncryptedHelloClient, public_name: str) -> Iterator[str]:
        shown = certificates(public_name, [held.seen.shown], self._trust, self._now)
        if isinstance(shown, NotObserved):
            yield str(shown)
            return
        chain: CertificateChain = shown.chains[0]
        if chain.trust_error:
            yield chain.trust_error
        if not chain.leaf.not_before <= self._now <= chain.leaf.not_after:
            yield "the certificate is not valid today"
        if not any(covers(name, public_name) for name in chain.leaf.dns_names):
            yield f"the certificate does not name {public_name}"
