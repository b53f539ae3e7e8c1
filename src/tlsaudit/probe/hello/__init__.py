"""Sans-IO codec for the first flight of TLS: a ClientHello out, the server's answer in, SSL 2.0 to TLS 1.3.

Nothing here knows of sockets. Bytes that do not follow the protocol raise HelloError and nothing else.
"""

from tlsaudit.probe.hello.alert import Alert, alert_name, push_alert
from tlsaudit.probe.hello.client import ClientHello, pull_client_hello, push_client_hello
from tlsaudit.probe.hello.flight import Flight, Message
from tlsaudit.probe.hello.record import RecordReader, push_record
from tlsaudit.probe.hello.server import (
    Certificate,
    ServerHello,
    ServerHelloDone,
    ServerKeyExchange,
    pull_certificate,
    pull_server_hello,
    pull_server_key_exchange,
    push_certificate,
    push_server_hello,
    push_server_hello_done,
    push_server_key_exchange,
)
from tlsaudit.probe.hello.ssl2 import (
    Ssl2Reader,
    Ssl2ServerHello,
    pull_ssl2_server_hello,
    push_ssl2_client_hello,
    push_ssl2_server_hello,
)
from tlsaudit.probe.hello.wire import HelloError

__all__ = [
    "Alert",
    "Certificate",
    "ClientHello",
    "Flight",
    "HelloError",
    "Message",
    "RecordReader",
    "ServerHello",
    "ServerHelloDone",
    "ServerKeyExchange",
    "Ssl2Reader",
    "Ssl2ServerHello",
    "alert_name",
    "pull_certificate",
    "pull_client_hello",
    "pull_server_hello",
    "pull_server_key_exchange",
    "pull_ssl2_server_hello",
    "push_alert",
    "push_certificate",
    "push_client_hello",
    "push_record",
    "push_server_hello",
    "push_server_hello_done",
    "push_server_key_exchange",
    "push_ssl2_client_hello",
    "push_ssl2_server_hello",
]
