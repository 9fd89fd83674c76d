"""Messages of CMP, and certificates they are about, for tests."""

from __future__ import annotations

import datetime as dt

from certificate_maker import ec_key, make_x509, name
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.messages import BodyKind, Header
from agent.renewals.authorities.cmp.protection import SharedSecret

NOW = dt.datetime.now(dt.UTC)
SECRET = SharedSecret(b"reference 7", b"a secret of the authority")
CA_NAME = name(organisation="CMP Test Authority")
CA = make_x509(
    key=ec_key("cmp-ca"), subject=CA_NAME, issuer=CA_NAME, issuer_key=ec_key("cmp-ca"), is_ca=True,
    usage=frozenset({"key_cert_sign", "digital_signature"}),
    not_after=NOW + dt.timedelta(days=3650),
)  # fmt: skip
READERS = [
    bodies.read_certificate_answer,
    bodies.read_poll_answer,
    bodies.read_error,
    bodies.read_confirmation,
    bodies.read_poll_request,
]
"""Of all bodies: what each makes of something broken is looked at."""


def issued(key: str = "new", **facts: object) -> x509.Certificate:
    """A certificate of the authority's."""
    values = {
        "key": ec_key(key), "issuer": CA_NAME, "issuer_key": ec_key("cmp-ca"),
        "not_before": NOW - dt.timedelta(days=1), "not_after": NOW + dt.timedelta(days=400), **facts,
    }  # fmt: skip
    return make_x509(**values)


def request(key: str = "new", subject: x509.Name | None = None) -> bytes:
    """A PKCS#10 request (DER)."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject or name())
    return builder.sign(ec_key(key), hashes.SHA256()).public_bytes(Encoding.DER)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def header(**facts: object) -> Header:
    values = {"transaction": b"t" * 16, "nonce": b"n" * 16, **facts}
    return Header(**values)


def sent(kind: BodyKind, body: bytes, secret: SharedSecret = SECRET, **facts: object) -> bytes:
    """A message (DER) that a secret protects."""
    return secret.protected(header(**facts), kind, body)
