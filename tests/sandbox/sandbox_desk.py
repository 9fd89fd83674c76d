"""A running sandbox and a renewal client with software keys, for tests to read plainly."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import itertools
import os
import secrets
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from agent.keys.requests import RequestDraft
from agent.renewals.authorities.ra_protocol import DocumentDigest, DocumentName, Manifest
from agent.renewals.authorities.signed_messages import ContentType
from sandbox.authority.ca import Authority
from sandbox.authority.dossier import sample_applicant
from sandbox.authority.rules.certificate_draft import Validity
from sandbox.authority.rules.days import utc_now
from sandbox.authority.rules.profiles import CertificateUse, Organisation
from sandbox.authority.rules.records import IssuedCertificate
from sandbox.authority.sms import Outbox
from sandbox.authority.store import Store
from sandbox.conformance.messages import signed_message
from sandbox.desk.tokens import expired_validity, remaining_validity
from sandbox.home import Home, RunningSandbox
from sandbox.private_keys import Native, PrivateKey, Sm2PrivateKey

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Sm2PrivateKey

SCANS = {
    name: b"\x89PNG\r\n\x1a\n" + name.encode() * 20 + secrets.token_bytes(64)
    for name in DocumentName
}

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Desk:
    """A sandbox that answers."""

    home: Home
    running: RunningSandbox
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return self.running.url

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.home.trust_anchor)

    def code_for(self, application: str) -> str:
        return Outbox(self.home.outbox).messages(application)[-1].code


@contextlib.contextmanager
def running_desk(folder: Path, *options: str, port: int = 0) -> Iterator[Desk]:
    """Run ``odc-sandbox run`` in ``folder`` for as long as the block takes."""
    home = Home.opened(folder)
    command = [sys.executable, "-m", "sandbox", "--home", str(folder), "run"]
    command += ["--port", str(port), "--portal-port", "0", "--review-port", "0", *options]
    environment = {**os.environ, "ODC_LANGUAGE": "en"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    try:
        assert process.stdout is not None
        ready = process.stdout.readline().decode()
        assert "Sandbox ready" in ready, ready
        running = msgspec.json.decode(home.running.read_bytes(), type=RunningSandbox)
        yield Desk(home, running, process)
    finally:
        process.terminate()
        with process:
            process.wait(10)


def sandbox_cli(home: Home, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one ``odc-sandbox`` command in the sandbox's home."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "--home", str(home.folder), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "ODC_LANGUAGE": "en"},
        check=False,
    )


@dataclass(frozen=True)
class Holder:
    """An organisation with a certificate and its key, in software."""

    organisation: Organisation
    key: SigningKey
    certificate: x509.Certificate

    @property
    def sha256(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def held(key: SigningKey) -> PrivateKey:
    return key if isinstance(key, Sm2PrivateKey) else Native(key)


def new_rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certify(
    home: Home,
    key: SigningKey,
    *,
    expired_days: int | None = 961,
    valid_days: int = 20,
    uscc: str | None = None,
    use: CertificateUse = CertificateUse.SIGNING,
    now: dt.datetime | None = None,
) -> Holder:
    """Let the authority of ``home`` issue a certificate to an organisation, a new one by default."""
    now = now or utc_now()
    validity: Validity = (
        remaining_validity(valid_days, now)
        if expired_days is None
        else expired_validity(expired_days, now)
    )
    organisation = Organisation("深圳市样例有限公司", uscc or f"TEST{next(_numbers):014}")
    authority = Authority.opened(home, now)
    certificate = authority.issue(organisation, use, held(key).public, validity)
    der = certificate.public_bytes(Encoding.DER)
    record = IssuedCertificate(
        sha256=hashlib.sha256(der).hexdigest(),
        use=use,
        organisation=organisation.name,
        uscc=organisation.uscc,
        phone="13900005678",
        not_after=certificate.not_valid_after_utc,
        der=der,
    )
    with Store(home.database).transaction() as transaction:
        transaction.add_certificate(record)
    return Holder(organisation, key, certificate)


def sign_cms(
    content: bytes, holder: Holder, content_type: ContentType = ContentType.MANIFEST
) -> bytes:
    """Return CMS SignedData over ``content``, the content inside."""
    return signed_message(content, content_type, holder.certificate, held(holder.key))


def make_csr(key: SigningKey, subject: x509.Name) -> bytes:
    draft = RequestDraft(subject=subject.public_bytes(), key=held(key).public)
    return draft.signed(held(key).sign(draft.to_be_signed))


def digest_of(content: bytes, media_type: str = "image/png") -> DocumentDigest:
    return DocumentDigest(
        sha256=hashlib.sha256(content).hexdigest(), size=len(content), media_type=media_type
    )


@dataclass
class RenewalClient:
    """One renewal as a client makes it, call by call."""

    audience: str
    holder: Holder
    new_key: SigningKey
    application: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def __post_init__(self) -> None:
        self.csr = make_csr(self.new_key, self.holder.certificate.subject)

    def manifest(self, **changes: object) -> Manifest:
        manifest = Manifest(
            audience=self.audience,
            application=self.application,
            version=1,
            secret_sha256=hashlib.sha256(self.secret.encode()).hexdigest(),
            certificate_sha256=self.holder.sha256,
            csr_sha256=hashlib.sha256(self.csr).hexdigest(),
            created=utc_now(),
            applicant=sample_applicant(),
            documents={name: digest_of(content) for name, content in SCANS.items()},
        )
        return msgspec.structs.replace(manifest, **changes)

    def signed(self, **changes: object) -> bytes:
        """Return the CMS over the manifest with ``changes``."""
        return sign_cms(msgspec.json.encode(self.manifest(**changes)), self.holder)


class HttpRenewal(RenewalClient):
    """The same over HTTPS, against a running desk."""

    def __init__(self, desk: Desk, holder: Holder, new_key: SigningKey) -> None:
        super().__init__(desk.url, holder, new_key)
        self.desk = desk
        self.http = httpx.Client(base_url=desk.url, verify=desk.tls())
        self.base = f"/ra/v1/applications/{self.application}"

    def call(self, method: str, path: str = "", **arguments: object) -> httpx.Response:
        return self.http.request(
            method, self.base + path, auth=(self.application, self.secret), **arguments
        )

    def apply(self, cms_der: bytes | None = None) -> httpx.Response:
        return self.call("PUT", content=cms_der or self.signed())

    def send_scan(self, name: DocumentName, content: bytes | None = None) -> httpx.Response:
        return self.call("PUT", f"/documents/{name}", content=content or SCANS[name])

    def send_scans(self) -> None:
        for name in SCANS:
            self.send_scan(name).raise_for_status()

    def submit(self) -> None:
        """Apply with everything and complete."""
        self.apply().raise_for_status()
        self.send_scans()
        self.call("POST", "/complete").raise_for_status()

    def state(self) -> str:
        return self.call("GET").raise_for_status().json()["state"]

    def wait_for(self, state: str) -> None:
        deadline = time.monotonic() + 20
        while (now := self.state()) != state:
            assert time.monotonic() < deadline, f"{now}, not {state}"
            time.sleep(0.05)

    def release(self) -> None:
        self.call("POST", "/sms").raise_for_status()
        code = self.desk.code_for(self.application)
        self.call("POST", "/sms/verify", json={"code": code}).raise_for_status()

    def generate_key(self, request: bytes) -> httpx.Response:
        """Post a request to serverkeygen."""
        return self.http.post(
            "/.well-known/est/serverkeygen",
            auth=(self.application, self.secret),
            content=base64.encodebytes(request),
            headers={"Content-Type": "application/pkcs10"},
        )

    def enrol(self, body: bytes | None = None) -> httpx.Response:
        return self.http.post(
            "/.well-known/est/simpleenroll",
            auth=(self.application, self.secret),
            content=base64.encodebytes(self.csr) if body is None else body,
            headers={"Content-Type": "application/pkcs10"},
        )


def enrolled_certificate(response: httpx.Response) -> x509.Certificate:
    """Return the certificate in an EST answer."""
    assert response.status_code == 200, response.text
    assert b"\n" not in response.content
    [certificate] = pkcs7.load_der_pkcs7_certificates(base64.b64decode(response.content))
    return certificate
