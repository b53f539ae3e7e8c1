"""A stapled OCSP response (RFC 6960): what it says of the leaf. Its signature is for clients to judge."""

import warnings
from datetime import datetime

from cryptography import x509
from cryptography.x509 import ocsp


def word(response: bytes, leaf: x509.Certificate, now: datetime) -> str:
    """`good`, `revoked` or `unknown`; `expired` where it is out of date; `unreadable` where it says nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = ocsp.load_der_ocsp_response(response)
            single = next(item for item in answer.responses if item.serial_number == leaf.serial_number)
            if single.next_update_utc is not None and single.next_update_utc < now:
                return "expired"
            return single.certificate_status.name.lower()
    except Exception:  # an odd response comes out of the library as one of several, see facts.parse
        return "unreadable"
