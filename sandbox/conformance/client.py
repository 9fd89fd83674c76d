"""One renewal as a client makes it, call by call, with keys in software."""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7

from agent.renewals.authorities.ra_protocol import (
    EST_PATH,
    RA_PATH,
    DocumentDigest,
    DocumentName,
    Manifest,
    Policy,
)
from sandbox.authority.dossier import sample_applicant, write_sample_dossier
from sandbox.authority.rules.days import utc_now
from sandbox.authority.rules.scans import media_type
from sandbox.home import SandboxError

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Holder:
    """A test organisation's signing certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @classmethod
    def read(cls, certificate: Path, key: Path) -> Holder:
        """Read both from PEM files; SandboxError where one is something else."""
        try:
            found = x509.load_pem_x509_certificate(certificate.read_bytes())
            private = load_pem_private_key(key.read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise SandboxError(f"certificate or key cannot be read: {error}") from error
        if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise SandboxError("the key must be RSA or of a NIST curve")
        return cls(found, private)


class Applicant:
    """Makes the calls of one application; nothing is judged here."""

    def __init__(self, url: str, trust_anchor: Path, holder: Holder) -> None:
        self.url = url.rstrip("/")
        self.holder = holder
        self.application = str(uuid.uuid4())
        self.secret = secrets.token_urlsafe(24)
        self.scans = _sample_scans()
        self.http = httpx.Client(
            base_url=self.url,
            verify=ssl.create_default_context(cafile=trust_anchor),
            timeout=TIMEOUT_SECONDS,
        )
        self.new_key: Key = rsa.generate_private_key(65537, 2048)
        self.csr = b""

    def make_request(self, policy: Policy) -> None:
        """Make the new key, of the authority's favourite kind, and its PKCS#10 request."""
        kind, _, size = policy.key_types[0].partition(":")
        if kind == "rsa":
            self.new_key = rsa.generate_private_key(65537, int(size))
        else:
            curve = {"secp256r1": ec.SECP256R1(), "secp384r1": ec.SECP384R1()}[size]
            self.new_key = ec.generate_private_key(curve)
        request = x509.CertificateSigningRequestBuilder()
        request = request.subject_name(self.holder.certificate.subject)
        self.csr = request.sign(self.new_key, hashes.SHA256()).public_bytes(Encoding.DER)

    def manifest(self, documents: Mapping[DocumentName, bytes], **changes: object) -> Manifest:
        """Return what is to be signed; ``changes`` make it wrong."""
        manifest = Manifest(
            audience=self.url,
            application=self.application,
            version=1,
            secret_sha256=hashlib.sha256(self.secret.encode()).hexdigest(),
            certificate_sha256=self.holder.certificate.fingerprint(hashes.SHA256()).hex(),
            csr_sha256=hashlib.sha256(self.csr).hexdigest(),
            created=utc_now(),
            applicant=sample_applicant() if documents else None,
            documents={name: _digest(content) for name, content in documents.items()},
        )
        return msgspec.structs.replace(manifest, **changes)

    def signed(self, manifest: Manifest, key: Key | None = None) -> bytes:
        """Return CMS SignedData over the manifest, by the certificate's key or another."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(msgspec.json.encode(manifest))
        builder = builder.add_signer(
            self.holder.certificate, key or self.holder.key, hashes.SHA256()
        )
        return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])

    def call(
        self,
        method: str,
        path: str = "",
        content: bytes | None = None,
        media_type: str = "application/json",
        secret: str | None = None,
    ) -> httpx.Response:
        """Call the RA API for this application."""
        return self.http.request(
            method,
            f"{RA_PATH}/applications/{self.application}{path}",
            auth=(self.application, secret or self.secret),
            content=content,
            headers={"Content-Type": media_type} if content is not None else {},
        )

    def enrol(self, secret: str | None = None) -> httpx.Response:
        """Post the request to simpleenroll."""
        return self.http.post(
            f"{EST_PATH}/simpleenroll",
            auth=(self.application, secret or self.secret),
            content=base64.b64encode(self.csr),
            headers={"Content-Type": "application/pkcs10"},
        )


def _digest(content: bytes) -> DocumentDigest:
    return DocumentDigest(
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        media_type=media_type(content) or "",
    )


def _sample_scans() -> dict[DocumentName, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        written = write_sample_dossier(Path(folder))
        return {name: written[name].read_bytes() for name in DocumentName}
