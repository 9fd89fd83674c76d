"""The sandbox's root: made on first use, signs the TLS server's and the organisations' certificates."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sandbox.authority.rules.days import china_date, end_of_day, years_later
from sandbox.authority.rules.profiles import (
    CertificateUse,
    Organisation,
    PublicKey,
    Validity,
    key_centre_builder,
    organisation_builder,
    root_builder,
    subject_builder,
    tls_builder,
)
from sandbox.home import Home, SandboxError, create_file, write_file

_ROOT_BITS = 3072
_YEAR = dt.timedelta(days=365)


class Authority:
    """The root key and its certificate."""

    def __init__(self, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self.certificate = certificate

    @classmethod
    def opened(cls, home: Home, now: dt.datetime) -> Authority:
        """Return the authority of ``home``, made there on first use; writes ``ca.pem`` beside it.

        Raises:
            SandboxError: the authority's file is there and cannot be read.
        """
        if not home.authority.exists():
            create_file(home.authority, _new_root(now))
        authority = cls._read(home)
        anchor = authority.certificate.public_bytes(serialization.Encoding.PEM)
        if not home.trust_anchor.exists() or home.trust_anchor.read_bytes() != anchor:
            write_file(home.trust_anchor, anchor, mode=0o644)
        return authority

    @classmethod
    def _read(cls, home: Home) -> Authority:
        try:
            pem = home.authority.read_bytes()
            key = serialization.load_pem_private_key(pem, password=None)
            certificate = x509.load_pem_x509_certificate(pem)
        except (OSError, ValueError) as error:
            raise SandboxError(f"cannot read the authority in {home.authority}: {error}") from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise SandboxError(f"{home.authority} does not hold an RSA key")
        return cls(key, certificate)

    def issue(
        self, organisation: Organisation, use: CertificateUse, key: PublicKey, validity: Validity
    ) -> x509.Certificate:
        """Return a new certificate of ``organisation`` for ``key``."""
        builder = organisation_builder(
            organisation, use, key, validity, issuer_key=self._key.public_key()
        )
        return builder.sign(self._key, hashes.SHA256())

    def issue_to_subject(
        self, subject: x509.Name, key: PublicKey, validity: Validity
    ) -> x509.Certificate:
        """Return a new signing certificate for whatever ``subject`` is, without organisation ids."""
        builder = subject_builder(subject, key, validity, issuer_key=self._key.public_key())
        return builder.sign(self._key, hashes.SHA256())

    def issue_key_centre(self, key: rsa.RSAPublicKey, now: dt.datetime) -> x509.Certificate:
        """Return a certificate for the key centre, which signs the private keys it generates."""
        validity = Validity(now - dt.timedelta(hours=1), now + 10 * _YEAR)
        builder = key_centre_builder(key, validity, issuer_key=self._key.public_key())
        return builder.sign(self._key, hashes.SHA256())

    def tls_identity(self, now: dt.datetime) -> bytes:
        """Return a fresh EC key and its certificate for the loopback server, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        validity = Validity(now - dt.timedelta(hours=1), now + _YEAR)
        builder = tls_builder(key.public_key(), validity, issuer_key=self._key.public_key())
        return private_pem(key, builder.sign(self._key, hashes.SHA256()))


def renewed_validity(old_not_after: dt.datetime, now: dt.datetime) -> Validity:
    """Return the validity of a renewal: one year.

    It runs from the old end date when renewed early and from the issue day when renewed late, so
    that nobody loses days by renewing in time.
    """
    first = china_date(max(old_not_after, now))
    return Validity(now, end_of_day(years_later(first, 1)))


def _new_root(now: dt.datetime) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_ROOT_BITS)
    # Backdated, because certificates that expired years ago must chain to it as well.
    validity = Validity(now - 10 * _YEAR, now + 20 * _YEAR)
    certificate = root_builder(key.public_key(), validity).sign(key, hashes.SHA256())
    return private_pem(key, certificate)


def private_pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, certificate: x509.Certificate
) -> bytes:
    """Return a private key, unencrypted, and its certificate: for 0600 files."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)
