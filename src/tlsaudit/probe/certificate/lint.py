"""How a certificate is made, held against RFC 5280, RFC 9525 and the CA/Browser Forum's Baseline Requirements."""

import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tlsaudit.evidence import Lint, is_ip_address
from tlsaudit.probe.certificate.der import (
    DNS_NAME,
    GENERALIZED_TIME,
    UTC_TIME,
    SignedFields,
    content,
    elements,
)

_ORDER = list(Lint)
_VERSION_3 = b"\x02\x01\x02"
_MOST_SERIAL_OCTETS = 20
_UTC_FORM, _GENERALIZED_FORM = re.compile(rb"\d{12}Z"), re.compile(rb"(\d{4})\d{10}Z")
_FIRST_GENERALIZED_YEAR = 2050
_ALTERNATIVE_NAMES = bytes.fromhex("551d11")

_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_MOST_NAME = 253


def lints(
    der: bytes, fields: SignedFields, certificate: x509.Certificate, extensions: x509.Extensions | None
) -> tuple[Lint, ...]:
    """Each once, in the order of Lint. `extensions` is None where the library cannot read them."""
    found = {*_written(der, fields), *_said(certificate)}
    found |= {*(_unreadable(fields) if extensions is None else _extended(certificate, extensions))}
    return tuple(sorted(found, key=_ORDER.index))


def _written(der: bytes, fields: SignedFields) -> Iterator[Lint]:
    """What the library reads without a word."""
    _, algorithm, _ = elements(content(der))
    if fields.version != _VERSION_3:
        yield Lint.VERSION
    if len(fields.serial) > _MOST_SERIAL_OCTETS:
        yield Lint.SERIAL_TOO_LONG
    if fields.algorithm != algorithm.content:
        yield Lint.ALGORITHMS_DIFFER
    if not all(_well_written(time.tag, time.content) for time in elements(fields.validity)):
        yield Lint.TIME_ENCODING


def _unreadable(fields: SignedFields) -> Iterator[Lint]:
    yield Lint.EXTENSIONS_UNREADABLE
    try:
        each = [list(elements(one.content)) for one in elements(content(fields.extensions))]
        identifiers = [one[0].content for one in each]
        if len(set(identifiers)) < len(identifiers):
            yield Lint.DUPLICATE_EXTENSION
        named = [content(one[-1].content) for one in each if one[0].content == _ALTERNATIVE_NAMES]
        if not all(name.content.isascii() for names in named for name in elements(names) if name.tag == DNS_NAME):
            yield Lint.NAME_NOT_ASCII
    except (ValueError, IndexError):
        return


def _well_written(tag: int, time: bytes) -> bool:
    """RFC 5280 section 4.1.2.5: to the second, in UTC, with two digits for a year before 2050."""
    if tag == UTC_TIME:
        return bool(_UTC_FORM.fullmatch(time))
    form = _GENERALIZED_FORM.fullmatch(time)
    return tag == GENERALIZED_TIME and form is not None and int(form[1]) >= _FIRST_GENERALIZED_YEAR


def _said(certificate: x509.Certificate) -> Iterator[Lint]:
    if certificate.serial_number <= 0:
        yield Lint.SERIAL_NOT_POSITIVE
    if certificate.not_valid_after_utc < certificate.not_valid_before_utc:
        yield Lint.DATES_REVERSED
    if not list(certificate.issuer):
        yield Lint.ISSUER_EMPTY


def _extended(certificate: x509.Certificate, extensions: x509.Extensions) -> Iterator[Lint]:
    by_type = {type(extension.value): extension for extension in extensions}
    basic = by_type.get(x509.BasicConstraints)
    usage = by_type.get(x509.KeyUsage)
    signs = usage.value.key_cert_sign if usage else None
    names = by_type.get(x509.SubjectAlternativeName)
    if not (list(certificate.subject) or (names and names.critical)):
        yield Lint.SUBJECT_EMPTY
    if basic and basic.value.ca:
        if not basic.critical:
            yield Lint.AUTHORITY_NOT_CRITICAL
        if signs is False:
            yield Lint.AUTHORITY_MAY_NOT_SIGN
    else:
        usages = by_type.get(x509.ExtendedKeyUsage)
        if signs:
            yield Lint.LEAF_MAY_SIGN
        if usage and not usage.value.digital_signature:
            yield Lint.LEAF_MAY_NOT_SIGN
        if usages is None or ExtendedKeyUsageOID.SERVER_AUTH not in usages.value:
            yield Lint.SERVER_AUTH_MISSING
        if names is None:
            yield Lint.NAMES_MISSING
    if names:
        yield from _named(certificate, names.value)


def _named(certificate: x509.Certificate, names: x509.SubjectAlternativeName) -> Iterator[Lint]:
    dns_names = names.get_values_for_type(x509.DNSName)
    listed = {name.lower() for name in dns_names}
    listed.update(map(str, names.get_values_for_type(x509.IPAddress)))
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if any(str(attribute.value).lower() not in listed for attribute in common):
        yield Lint.COMMON_NAME_NOT_LISTED
    for name in dns_names:
        yield from _name(name)


def _name(name: str) -> Iterator[Lint]:
    parent = name.removeprefix("*.")
    if "*" in parent or (parent != name and "." not in parent):
        yield Lint.WILDCARD_MISPLACED
    elif is_ip_address(name):
        yield Lint.NAME_IS_ADDRESS
    elif len(name) > _MOST_NAME or not _NAME.fullmatch(parent):
        yield Lint.NAME_MALFORMED
    elif "_" in name:
        yield Lint.NAME_UNDERSCORE
