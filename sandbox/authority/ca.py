"""The sandbox's roots: one with an RSA key, made on first use, and one with an SM2 key where it is needed.

They sign organisations' certificates; TLS, the key centre and what else there is are the RSA one's.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from agent.ground import held_files
from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from sandbox.authority.rules.behaviour import Issuing
from sandbox.authority.rules.certificate_draft import CertificateDraft, Issuer, Validity
from sandbox.authority.rules.days import china_date, end_of_day, years_later
from sandbox.authority.rules.profiles import (
    CertificateUse,
    Organisation,
    key_centre_draft,
    organisation_draft,
    root_draft,
    root_name,
    subject_draft,
    tls_draft,
)
from sandbox.home import Home, SandboxError, create_file, write_file
from sandbox.private_keys import PrivateKey, new_key, private_pem, read_private_pem

_ROOT_KINDS = {Family.RSA: "rsa:3072", Family.SM2: "sm2"}
_YEAR = dt.timedelta(days=365)


class Authority:
    """The roots, with their keys."""

    def __init__(self, home: Home, now: dt.datetime, issuing: Issuing) -> None:
        self._home = home
        self._now = now
        self._issuing = issuing

    @classmethod
    def opened(cls, home: Home, now: dt.datetime, issuing: Issuing = Issuing.LIKE) -> Authority:
        """Return the authority of ``home``, made there on first use; writes ``ca.pem`` beside it.

        Raises:
            SandboxError: the authority's file is there and cannot be read.
        """
        authority = cls(home, now, issuing)
        authority._write_anchor()
        return authority

    @property
    def certificate(self) -> x509.Certificate:
        """The RSA root's, which TLS clients trust."""
        return self._rsa_root[1]

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Those of all roots that were made."""
        if self._home.sm2_authority.exists():
            return self.certificate, self._sm2_root[1]
        return (self.certificate,)

    def with_sm2_root(self) -> Authority:
        """Make the SM2 root where there is none yet, so that clients can be given it beforehand."""
        assert self._sm2_root
        return self

    def issue(
        self, organisation: Organisation, use: CertificateUse, key: PublicKey, validity: Validity
    ) -> x509.Certificate:
        """Return a new certificate of ``organisation`` for ``key``."""
        return self._issued(organisation_draft(organisation, use, key, validity))

    def issue_to_subject(
        self, subject: x509.Name, key: PublicKey, validity: Validity
    ) -> x509.Certificate:
        """Return a new signing certificate for whatever ``subject`` is, without organisation ids."""
        return self._issued(subject_draft(subject, key, validity))

    def root_like(self, family: Family) -> tuple[PrivateKey, x509.Certificate]:
        """Return the root that answers those with such a key: RSA's, but to SM2 keys."""
        return self._sm2_root if family is Family.SM2 else self._rsa_root

    def issue_key_centre(self, key: PublicKey, now: dt.datetime) -> x509.Certificate:
        """Return a certificate for the key centre, which signs the private keys it generates."""
        validity = Validity(now - dt.timedelta(hours=1), now + 10 * _YEAR)
        return key_centre_draft(key, validity).issued(_issuer(Family.RSA, self._rsa_root))

    def tls_identity(self, now: dt.datetime) -> bytes:
        """Return a fresh EC key and its certificate for the loopback server, as PEM."""
        key = new_key("ec:secp256r1")
        validity = Validity(now - dt.timedelta(hours=1), now + _YEAR)
        issued = tls_draft(key.public, validity).issued(_issuer(Family.RSA, self._rsa_root))
        return identity_pem(key, issued)

    def _issued(self, draft: CertificateDraft) -> x509.Certificate:
        is_sm2 = self._issuing is Issuing.SM2 or (
            self._issuing is Issuing.LIKE and draft.key.family is Family.SM2
        )
        if is_sm2:
            return draft.issued(_issuer(Family.SM2, self._sm2_root))
        return draft.issued(_issuer(Family.RSA, self._rsa_root))

    @cached_property
    def _rsa_root(self) -> tuple[PrivateKey, x509.Certificate]:
        return self._opened(self._home.authority, Family.RSA)

    @cached_property
    def _sm2_root(self) -> tuple[PrivateKey, x509.Certificate]:
        is_new = not self._home.sm2_authority.exists()
        root = self._opened(self._home.sm2_authority, Family.SM2)
        if is_new:
            self._write_anchor()
        return root

    def _opened(self, file: Path, family: Family) -> tuple[PrivateKey, x509.Certificate]:
        if not file.exists():
            create_file(file, _new_root(family, self._now))
        key, certificate = read_identity(file, "the authority")
        if key.public.family is not family:
            raise SandboxError(f"{file} does not hold an {family.value.upper()} key")
        return key, certificate

    def _write_anchor(self) -> None:
        pem = serialization.Encoding.PEM
        anchor = b"".join(root.public_bytes(pem) for root in self.certificates)
        file = self._home.trust_anchor
        if not file.exists() or held_files.read_bytes(file) != anchor:
            write_file(file, anchor, mode=0o644)


def renewed_validity(old_not_after: dt.datetime, now: dt.datetime) -> Validity:
    """Return the validity of a renewal: one year.

    It runs from the old end date when renewed early and from the issue day when renewed late, so
    that nobody loses days by renewing in time.
    """
    first = china_date(max(old_not_after, now))
    return Validity(now, end_of_day(years_later(first, 1)))


def identity_pem(key: PrivateKey, certificate: x509.Certificate) -> bytes:
    """Return a private key, unencrypted, and its certificate: for 0600 files."""
    return private_pem(key) + certificate.public_bytes(serialization.Encoding.PEM)


def read_identity(file: Path, whose: str) -> tuple[PrivateKey, x509.Certificate]:
    """Return what :func:`identity_pem` wrote into a file; SandboxError, which says ``whose`` it is."""
    try:
        pem = held_files.read_bytes(file)
        return read_private_pem(pem), x509.load_pem_x509_certificate(pem)
    except (OSError, ValueError, TypeError) as error:
        raise SandboxError(f"cannot read {whose} in {file}: {error}") from error


def _new_root(family: Family, now: dt.datetime) -> bytes:
    key = new_key(_ROOT_KINDS[family])
    # Backdated, because certificates that expired years ago must chain to it as well.
    validity = Validity(now - 10 * _YEAR, now + 20 * _YEAR)
    name = root_name(family)
    return identity_pem(key, root_draft(name, key.public, validity).issued(Issuer(name, key)))


def _issuer(family: Family, root: tuple[PrivateKey, x509.Certificate]) -> Issuer:
    return Issuer(root_name(family), root[0])
