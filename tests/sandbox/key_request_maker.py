"""serverkeygen as a client does it: the request, and opening what comes back, with openssl."""

from __future__ import annotations

import base64
import email
import email.policy
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx
from asn1crypto import cms, core, csr
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    pkcs7,
)
from sandbox_desk import HttpRenewal, make_csr

from sandbox.authority.rules.key_package import AsymmetricKeyPackage
from sandbox.authority.rules.key_request import (
    AES_256_CBC,
    ASYMMETRIC_DECRYPT_KEY_IDENTIFIER,
    KEY_TRANSPORT_IDS,
    SMIME_CAPABILITIES,
)

TRANSPORT_IDS = {name: oid for oid, name in KEY_TRANSPORT_IDS.items()}


def spki(key: rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_identifier(key: rsa.RSAPublicKey) -> bytes:
    """Return how the key is named (RFC 5280, 4.2.1.2, method 1)."""
    return x509.SubjectKeyIdentifier.from_public_key(key).digest


def make_key_request(
    subject: x509.Name,
    key: rsa.RSAPrivateKey,
    identifier: bytes | None,
    capabilities: tuple[str, ...] | None = (AES_256_CBC,),
) -> bytes:
    """Return a PKCS#10 request that names the key to envelop to; its own signature says nothing."""
    attributes = []
    if identifier is not None:
        attributes.append(
            _attribute(ASYMMETRIC_DECRYPT_KEY_IDENTIFIER, core.OctetString(identifier))
        )
    if capabilities is not None:
        listed = b"".join(
            core.Sequence(contents=core.ObjectIdentifier(name).dump()).dump()
            for name in capabilities
        )
        attributes.append(_attribute(SMIME_CAPABILITIES, core.Sequence(contents=listed)))
    plain = csr.CertificationRequest.load(make_csr(key, subject))
    info = plain["certification_request_info"]
    fields = [info[name].dump() for name in ("version", "subject", "subject_pk_info")]
    body = b"".join(sorted(attributes))
    fields.append(b"\xa0" + _length(len(body)) + body)
    rebuilt = core.Sequence(contents=b"".join(fields)).dump()
    rest = plain["signature_algorithm"].dump() + plain["signature"].dump()
    return core.Sequence(contents=rebuilt + rest).dump()


@dataclass(frozen=True)
class ServerKeyAnswer:
    """The two parts of a 200."""

    envelope: bytes
    certificate: x509.Certificate


def read_answer(response: httpx.Response) -> ServerKeyAnswer:
    assert response.status_code == 200, response.text
    head = f"Content-Type: {response.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + response.content, policy=email.policy.HTTP)
    parts = {part["Content-Type"].params["smime-type"]: part for part in message.iter_parts()}
    assert set(parts) == {"server-generated-key", "certs-only"}
    for part in parts.values():
        assert part.get_content_type() == "application/pkcs7-mime"
        assert part["Content-Transfer-Encoding"] == "base64"
    der = {
        name: base64.b64decode(part.get_payload(), validate=True) for name, part in parts.items()
    }
    [certificate] = pkcs7.load_der_pkcs7_certificates(der["certs-only"])
    return ServerKeyAnswer(der["server-generated-key"], certificate)


class KeyRenewal:
    """A renewal that asks for the encryption certificate as well."""

    def __init__(self, renewal: HttpRenewal, recipient: rsa.RSAPrivateKey) -> None:
        self.renewal = renewal
        self.recipient = recipient

    def submit(self) -> None:
        renewal = self.renewal
        recipient = spki(self.recipient.public_key())
        renewal.apply(renewal.signed(encryption_recipient=recipient)).raise_for_status()
        renewal.send_scans()
        renewal.call("POST", "/complete").raise_for_status()

    def released(self) -> KeyRenewal:
        self.submit()
        self.renewal.wait_for("approved")
        self.renewal.release()
        return self

    def request(self, *capabilities: str) -> bytes:
        return make_key_request(
            self.renewal.holder.certificate.subject,
            self.renewal.new_key,
            key_identifier(self.recipient.public_key()),
            (AES_256_CBC, *capabilities),
        )

    def fetch(self, *capabilities: str) -> ServerKeyAnswer:
        return read_answer(self.renewal.generate_key(self.request(*capabilities)))


def openssl_opens(
    envelope: bytes, recipient: rsa.RSAPrivateKey, anchor: Path, folder: Path
) -> rsa.RSAPrivateKey:
    """Decrypt with ``openssl cms``, verify the key centre's signature with it, return the key."""
    key_file = folder / "recipient.pem"
    key_file.write_bytes(recipient.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    decrypt = ("-decrypt", "-inform", "DER", "-binary", "-inkey", str(key_file))
    signed = openssl_cms(envelope, *decrypt)
    content = cms.SignedData.load(signed, strict=True)
    wrapped = cms.ContentInfo({"content_type": "signed_data", "content": content}).dump()
    verify = ("-verify", "-inform", "DER", "-binary", "-purpose", "any", "-CAfile", str(anchor))
    package = openssl_cms(wrapped, *verify)
    [info] = AsymmetricKeyPackage.load(package, strict=True)
    key = load_der_private_key(info.dump(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def openssl_cms(content: bytes, *arguments: str) -> bytes:
    done = subprocess.run(
        ["openssl", "cms", *arguments], input=content, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def key_centre_of(envelope: bytes, recipient: rsa.RSAPrivateKey, folder: Path) -> x509.Certificate:
    """Return the certificate the enveloped package is signed with."""
    key_file = folder / "recipient.pem"
    key_file.write_bytes(recipient.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signed = openssl_cms(envelope, "-decrypt", "-inform", "DER", "-binary", "-inkey", str(key_file))
    [choice] = cms.SignedData.load(signed)["certificates"]
    assert isinstance(choice.chosen, asn1_x509.Certificate)
    return x509.load_der_x509_certificate(choice.chosen.dump())


def _attribute(oid: str, value: core.Asn1Value) -> bytes:
    values = core.Set(contents=value.dump()).dump()
    return core.Sequence(contents=core.ObjectIdentifier(oid).dump() + values).dump()


def _length(length: int) -> bytes:
    if length < 128:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([0x80 | len(octets)]) + octets
