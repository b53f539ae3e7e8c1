"""The first message of a TLS client."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HelloTemplate:
    """A ClientHello without what differs between two connections of the same client.

    `record` is the version of the record layer, `session_id` a length in bytes, `extensions` are (type, data) in
    their order, None where there is no block of them. Of server_name and padding there is no data, of key_share it
    is the groups alone, two bytes each. GREASE (RFC 8701) stands where it stood.
    """

    record: int
    version: int
    session_id: int
    suites: tuple[int, ...]
    compressions: bytes
    extensions: tuple[tuple[int, bytes], ...] | None
