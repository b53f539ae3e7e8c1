"""A stapled OCSP response (RFC 6960): what it says of the leaf. Its signature is for clients to judge."""

import warnings
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.x509 import ocsp

_LONGEST = timedelta(days=10)
"""For which a response holds that does not say (CA/Browser Forum Baseline Requirements, section 4.9.10)."""

_AHEAD = timedelta(minutes=5)
"""By which the clock of an authority may be before ours."""


class Staple(NamedTuple):
    """`word` is `good`, `revoked` or `unknown`; `expired` where it is out of date, `early` where it holds only later
    (RFC 6960 section 4.2.2.1); `unreadable` where it says nothing.
    `logs` counts the different ones that have signed a timestamp in it (RFC 6962 section 3.3).
    """

    word: str
    logs: int = 0

    @classmethod
    def read(cls, response: bytes, chain: Sequence[x509.Certificate], now: datetime) -> "Staple":
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = ocsp.load_der_ocsp_response(response)
                single = next(item for item in answer.responses if _is_of(item, *chain))
                if single.this_update_utc > now + _AHEAD:
                    return cls("early")
                if (single.next_update_utc or single.this_update_utc + _LONGEST) < now:
                    return cls("expired")
                return cls(single.certificate_status.name.lower(), _logs(answer))
        except Exception:  # an odd response comes out of the library as one of several, see facts.parse
            return cls("unreadable")


def _is_of(single: ocsp.OCSPSingleResponse, leaf: x509.Certificate, *others: x509.Certificate) -> bool:
    """Whether it is of this serial number of this issuer (RFC 6960 section 4.1.1). Two authorities may have given the
    same number, and have the same name: the key is compared where the chain has the issuer.
    """
    issuers = [other for other in others if other.subject == leaf.issuer]
    return any(
        (single.serial_number, single.issuer_name_hash) == (asked.serial_number, asked.issuer_name_hash)
        and (not issuers or single.issuer_key_hash == asked.issuer_key_hash)
        for asked in (
            ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, single.hash_algorithm).build()
            for issuer in issuers or [leaf]
        )
    )


def _logs(answer: ocsp.OCSPResponse) -> int:
    try:
        timestamps = answer.single_extensions.get_extension_for_class(x509.SignedCertificateTimestamps).value
    except (ValueError, x509.ExtensionNotFound):  # there is more than one single response in it, or there are none
        return 0
    return len({timestamp.log_id for timestamp in timestamps})
