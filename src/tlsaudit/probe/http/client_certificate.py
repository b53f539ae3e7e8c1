"""The certificate that the user gives to hosts that ask for one, and what may be wrong with its files."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from tlsaudit.errors import UserError


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A chain and its key as PEM files; without `key` both are in one. See `read`."""

    certificate: Path
    key: Path | None = None

    @classmethod
    def read(cls, certificate: Path | None, key: Path | None) -> "ClientCertificate | None":
        """What --client-cert and --client-key name, None where they name nothing. Raises UserError."""
        if certificate is None:
            if key is not None:
                raise UserError("--client-key: name the certificate, too, with --client-cert")
            return None
        _check(certificate, key)
        return cls(certificate, key)

    def load_into(self, context: ssl.SSLContext) -> None:
        """Raises UserError, where the files are of no use to OpenSSL after all."""
        try:
            # The password keeps OpenSSL from asking for one on the terminal.
            context.load_cert_chain(self.certificate, self.key, password="")
        except (OSError, ValueError) as error:
            raise UserError(f"--client-cert {self.certificate}: cannot be used: {error}") from None


def _check(certificate: Path, key: Path | None) -> None:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    option = f"--client-cert {certificate}" if key is None else f"--client-key {key}"
    try:
        leaf = x509.load_pem_x509_certificates(_bytes(f"--client-cert {certificate}", certificate))[0]
    except ValueError:
        raise UserError(f"--client-cert {certificate}: no PEM certificate in it") from None
    try:
        private = load_pem_private_key(_bytes(option, key or certificate), password=None)
        if private.public_key() != leaf.public_key():
            raise UserError(f"{option}: not the key of the certificate{f' in {certificate}' if key else ''}")
    except TypeError:
        raise UserError(
            f"{option}: the key is encrypted: decrypt it first, as with openssl pkey -in ... -out ..."
        ) from None
    except ValueError:
        advice = "" if key else ": name its file with --client-key"
        raise UserError(f"{option}: no PEM private key in it{advice}") from None
    except UnsupportedAlgorithm:
        raise UserError(f"{option}: a key of this kind is not supported") from None


def _bytes(option: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"{option}: cannot be read: {error.strerror}") from None
