"""Builders of TLS evidence for the tests of checks."""

from dataclasses import replace
from datetime import UTC, datetime

from tlsaudit.evidence import NotObserved, Order, Reason, TlsFeatures, TlsOffer, TlsVersion, VersionOffer, suites

NOW = datetime(2026, 11, 23, tzinfo=UTC)

FELL_SILENT = NotObserved(Reason.RESET, "the server stopped answering after 9 connections")

_CODES = {suite.name: suite.code for suite in suites().values()}


def code(name: str) -> int:
    """The code point of a suite by its IANA name, with or without `TLS_`."""
    return _CODES[name if name.startswith("TLS_") else f"TLS_{name}"]


def version(number: TlsVersion, *names: str, order: Order = Order.SERVER, groups: tuple[int, ...] = ()) -> VersionOffer:
    """What is served under one version: suites by name."""
    return VersionOffer(number, tuple(code(name) for name in names), order, groups, Order.CLIENT)


def offer(*versions: VersionOffer, incomplete: NotObserved | None = None) -> TlsOffer:
    return TlsOffer(NOW, 10, versions, incomplete=incomplete)


TLS13 = version(TlsVersion.TLS1_3, "AES_256_GCM_SHA384", "AES_128_GCM_SHA256", groups=(0x1D, 0x17))
ECDHE = version(TlsVersion.TLS1_2, "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", groups=(0x1D, 0x17))
STATIC = version(TlsVersion.TLS1_2, "RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_256_CBC_SHA")


def features(**facts: bool | None) -> TlsFeatures:
    """What nothing could show, but for these facts."""
    unseen = TlsFeatures(NOW, None, None, None, None, None, None, alpn=())
    return replace(unseen, **facts)  # type: ignore[arg-type]
