"""What the extensions of a certificate say (RFC 5280 section 4.2)."""

from collections.abc import Iterable
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

# Nobody's certificate has as much; who sends more fills the history.
_MOST_URLS, _MOST_USAGES = 4, 20
_MOST_CHARACTERS = 300
_MOST_KEY_ID_BYTES = 64

# As RFC 5280 section 4.2.1.12 calls them; the rest by number.
_USAGES = {
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
}

E = TypeVar("E", bound=x509.ExtensionType)


class Extensions:
    """As if there were none where they cannot be read; then `all` is None. Digests and identifiers are in hex."""

    def __init__(self, certificate: x509.Certificate) -> None:
        self.all: x509.Extensions | None
        try:
            self.all = certificate.extensions
        except Exception:  # see facts.parse
            self.all = None
        self._values = {type(extension.value): extension.value for extension in self.all or ()}

    def _value(self, kind: type[E]) -> E | None:
        value = self._values.get(kind)
        return value if isinstance(value, kind) else None

    @property
    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The subject alternative names that are DNS names, and those that are IP addresses."""
        names = self._value(x509.SubjectAlternativeName)
        if names is None:
            return (), ()
        addresses = map(str, names.get_values_for_type(x509.IPAddress))
        return tuple(names.get_values_for_type(x509.DNSName)), tuple(addresses)

    @property
    def is_ca(self) -> bool:
        basic = self._value(x509.BasicConstraints)
        return basic is not None and basic.ca

    @property
    def usages(self) -> tuple[str, ...] | None:
        usages = self._value(x509.ExtendedKeyUsage)
        return (
            None
            if usages is None
            else tuple(_USAGES.get(usage, usage.dotted_string) for usage in list(usages)[:_MOST_USAGES])
        )

    @property
    def subject_key_id(self) -> str:
        identifier = self._value(x509.SubjectKeyIdentifier)
        return identifier.digest[:_MOST_KEY_ID_BYTES].hex() if identifier else ""

    @property
    def authority_key_id(self) -> str:
        identifier = self._value(x509.AuthorityKeyIdentifier)
        return (identifier.key_identifier or b"")[:_MOST_KEY_ID_BYTES].hex() if identifier else ""

    @property
    def name_constraints(self) -> bool:
        return x509.NameConstraints in self._values

    @property
    def must_staple(self) -> bool:
        features = self._value(x509.TLSFeature)
        return features is not None and x509.TLSFeatureType.status_request in features

    @property
    def embedded_logs(self) -> int:
        timestamps = self._value(x509.PrecertificateSignedCertificateTimestamps)
        return len({timestamp.log_id for timestamp in timestamps or ()})

    @property
    def ocsp_urls(self) -> tuple[str, ...]:
        return self._access(AuthorityInformationAccessOID.OCSP)

    @property
    def issuer_urls(self) -> tuple[str, ...]:
        return self._access(AuthorityInformationAccessOID.CA_ISSUERS)

    @property
    def crl_urls(self) -> tuple[str, ...]:
        points = self._value(x509.CRLDistributionPoints) or ()
        return _urls(name for point in points for name in point.full_name or ())

    def _access(self, method: x509.ObjectIdentifier) -> tuple[str, ...]:
        access = self._value(x509.AuthorityInformationAccess) or ()
        return _urls(item.access_location for item in access if item.access_method == method)


def _urls(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    urls = [name.value[:_MOST_CHARACTERS] for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    return tuple(urls[:_MOST_URLS])
