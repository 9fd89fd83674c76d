"""One renewal as a client makes it, call by call, with keys in software."""

from __future__ import annotations

import base64
import copy
import hashlib
import secrets
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.identity_oids import IDENTITY_OIDS
from agent.certificates.names import subject_of
from agent.certificates.organisation import identity_of
from agent.certificates.parsing import parse_certificate
from agent.keys.requests import RequestDraft
from agent.keys.schemes import Family
from agent.network.tls import pinned_tls
from agent.renewals.authorities.ra_protocol import (
    EST_PATH,
    RA_PATH,
    DocumentDigest,
    DocumentName,
    LicenceRequest,
    Manifest,
    Policy,
)
from agent.renewals.authorities.signed_messages import licence_request_type, manifest_type
from agent.settings.trust import certificates_of
from sandbox.authority.dossier import sample_applicant, write_sample_dossier
from sandbox.authority.rules.days import utc_now
from sandbox.authority.rules.scans import media_type
from sandbox.conformance.messages import signed_message
from sandbox.home import SandboxError
from sandbox.private_keys import PrivateKey, new_key, read_private_pem

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Holder:
    """A test organisation's signing certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKey

    @classmethod
    def read(cls, certificate: Path, key: Path) -> Holder:
        """Read both from PEM files; SandboxError where one is something else."""
        try:
            found = x509.load_der_x509_certificate(certificates_of(certificate)[0])
            private = read_private_pem(key.read_bytes())
        except (OSError, ValueError, TypeError) as error:
            raise SandboxError(f"certificate or key cannot be read: {error}") from error
        return cls(found, private)

    @property
    def sha256(self) -> str:
        """The certificate's, lower-case hexadecimal."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def uscc(self) -> str:
        """The organisation's unified social credit code, empty where the certificate has none."""
        parsed = parse_certificate(self.certificate.public_bytes(Encoding.DER))
        return identity_of(parsed, IDENTITY_OIDS).uscc or ""


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
            verify=pinned_tls(trust_anchor),
            timeout=TIMEOUT_SECONDS,
        )
        self.new_key = holder.key
        self.csr = b""
        self.recipient = b""
        """Of the encryption key; empty where none is asked for."""
        self.policy = Policy(authority="")

    def go_by(self, policy: Policy) -> None:
        """Make the new key, of the authority's favourite kind, and its PKCS#10 request."""
        self.policy = policy
        self.new_key = new_key(policy.new_key_types[0])
        subject = subject_of(self.holder.certificate.public_bytes(Encoding.DER))
        draft = RequestDraft(subject=subject, key=self.new_key.public)
        self.csr = draft.signed(self.new_key.sign(draft.to_be_signed))
        offered = policy.container_key_transport if policy.encryption_certificate else ()
        if "sm2-enveloped-key" in offered and self.new_key.public.family is Family.SM2:
            self.recipient = self.new_key.public.der

    def wanted(self) -> dict[DocumentName, bytes]:
        """Return the scans the policy asks for; a test organisation's dossier is always brought."""
        if self.policy.dossier == "never":
            return {}
        return {name: self.scans[name] for name in self.policy.required_documents}

    def manifest(self, **changes: object) -> Manifest:
        """Return what is to be signed; ``changes`` make it wrong."""
        documents = self.wanted()
        manifest = Manifest(
            audience=self.url,
            application=self.application,
            version=1,
            secret_sha256=hashlib.sha256(self.secret.encode()).hexdigest(),
            certificate_sha256=self.holder.sha256,
            csr_sha256=hashlib.sha256(self.csr).hexdigest(),
            created=utc_now(),
            applicant=sample_applicant() if documents else None,
            documents={name: _digest(content) for name, content in documents.items()},
            encryption_recipient=self.recipient or None,
        )
        return msgspec.structs.replace(manifest, **changes)

    def licence_request(self) -> LicenceRequest:
        """Return what is to be signed to fetch the licence without an application."""
        return LicenceRequest(
            audience=self.url,
            uscc=self.holder.uscc,
            certificate_sha256=self.holder.sha256,
            created=utc_now(),
            nonce=secrets.token_hex(16),
        )

    def signed(
        self,
        message: Manifest | LicenceRequest,
        content_type: str | None = None,
        key: PrivateKey | None = None,
    ) -> bytes:
        """Return CMS SignedData over a message: as the policy has it and by the certificate's key, or not."""
        type_of = manifest_type if isinstance(message, Manifest) else licence_request_type
        return signed_message(
            msgspec.json.encode(message),
            content_type or type_of(self.policy.message_version),
            self.holder.certificate,
            key or self.holder.key,
        )

    def another(self) -> Applicant:
        """Return who applies for the same certificate once more, under a name of its own."""
        another = copy.copy(self)
        another.application, another.secret = str(uuid.uuid4()), secrets.token_urlsafe(24)
        return another

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

    def licence(self, request: bytes) -> httpx.Response:
        """Ask for the organisation's licence with a signed request."""
        return self.http.post(
            f"{RA_PATH}/licences/{self.holder.uscc}",
            content=request,
            headers={"Content-Type": "application/pkcs7-mime"},
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
