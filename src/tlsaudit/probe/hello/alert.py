"""Alerts (RFC 8446 section 6, RFC 5246 section 7.2)."""

from typing import NamedTuple

from tlsaudit.probe.hello.wire import HelloError

WARNING, FATAL = 1, 2

CLOSE_NOTIFY = 0
HANDSHAKE_FAILURE = 40
ILLEGAL_PARAMETER = 47
DECODE_ERROR = 50
PROTOCOL_VERSION = 70
INSUFFICIENT_SECURITY = 71
INAPPROPRIATE_FALLBACK = 86
MISSING_EXTENSION = 109
UNRECOGNIZED_NAME = 112
NO_APPLICATION_PROTOCOL = 120

_NAMES = {
    CLOSE_NOTIFY: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    HANDSHAKE_FAILURE: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    ILLEGAL_PARAMETER: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    DECODE_ERROR: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    PROTOCOL_VERSION: "protocol_version",
    INSUFFICIENT_SECURITY: "insufficient_security",
    80: "internal_error",
    INAPPROPRIATE_FALLBACK: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    MISSING_EXTENSION: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    UNRECOGNIZED_NAME: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    117: "general_error",
    NO_APPLICATION_PROTOCOL: "no_application_protocol",
    121: "ech_required",
}


class Alert(NamedTuple):
    """`level` is 1 (warning) or 2 (fatal), `description` the number from the registry."""

    level: int
    description: int

    @property
    def fatal(self) -> bool:
        return self.level == FATAL

    def __str__(self) -> str:
        return alert_name(self.description)


def alert_name(description: int) -> str:
    """The registered name of an alert, or its number where it has none here."""
    return _NAMES.get(description, f"alert {description}")


def pull_alert(data: bytes) -> Alert:
    level, description = data
    if level not in (WARNING, FATAL):
        raise HelloError("an alert has neither level warning nor fatal")
    return Alert(level, description)


def push_alert(alert: Alert) -> bytes:
    return bytes((alert.level, alert.description))
