"""RSA key exchange gives no padding oracle away (ROBOT).

## Rationale
A server that reacts differently to a badly padded RSA message than to a well padded one decrypts for whoever asks
often enough: recorded sessions without forward secrecy, and signatures in its name. With a strong oracle that takes
some ten thousand connections, with a weak one millions. It is looked for with `--deep` only, with a few messages.

## Remediation
Switch off the suites with RSA key exchange; no browser has needed them for years. Else upgrade the TLS library or the
load balancer's firmware.

- nginx: `ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;`
- apache: `SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20`
- haproxy: `ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20`
"""

from collections.abc import Iterator

from tlsaudit.check import Setting, Severity, Verdict, check, failed, passed, unknown
from tlsaudit.evidence import DeepScan, NotObserved


@check(
    title="Not vulnerable to ROBOT",
    severity=Severity.HIGH,
    tags={"tls", "deep"},
    settings={Setting.CIPHER_SUITES},
    references=("Return Of Bleichenbacher's Oracle Threat (USENIX Security 2018)", "RFC 5246 section 7.4.7.1"),
)
def robot(deep: DeepScan) -> Iterator[Verdict]:
    if isinstance(deep.robot, NotObserved):
        yield unknown(str(deep.robot))
    elif deep.robot == "no":
        yield passed("no padding oracle", scanner=deep.scanner)
    else:
        yield failed(f"RSA key exchange is a {deep.robot} padding oracle (ROBOT)", scanner=deep.scanner)
