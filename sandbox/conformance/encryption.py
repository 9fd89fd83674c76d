"""The steps about the encryption key that an authority makes and envelopes to the new signing key.

Tried where that is what the policy offers for a key of this kind: the run has the signing key, so it can
open what is sent.
"""

from __future__ import annotations

import base64

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.names import subject_of
from agent.keys import sm2
from agent.keys.certified import key_of
from agent.keys.requests import RequestDraft
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from agent.renewals.authorities.est_messages import ServerKey, decode_server_key
from agent.renewals.authorities.key_request import key_request
from agent.renewals.authorities.ra_protocol import EST_PATH
from agent.tokens.protocol import EnvelopeKind
from sandbox.conformance.answers import expect
from sandbox.conformance.client import Applicant
from sandbox.conformance.run import NotAskedError, Step, WrongAnswerError
from sandbox.private_keys import Sm2PrivateKey

KEY = "authorities.md, The encryption key (serverkeygen)"


class EncryptionKey:
    """What the steps hand on to each other."""

    def __init__(self) -> None:
        self._request = b""
        self._found: ServerKey | None = None

    def before(self) -> tuple[Step, ...]:
        """Return the step that comes before the certificate is fetched."""
        name, requirement = "encryption key first", "serverkeygen before simpleenroll: refused"
        return (Step(name, requirement, KEY, self.too_early),)

    def after(self) -> tuple[Step, ...]:
        """Return the steps that come once it was."""
        opened, again = "its key, enveloped to the new signing key", "the same until installed"
        return (
            Step("encryption key", opened, KEY, self.fetch),
            Step("encryption key again", again, KEY, self.fetch_again),
            Step("encryption key in clear", "asked for: refused", KEY, self.in_clear),
        )

    def too_early(self, applicant: Applicant) -> str:
        """Ask before the authority can know that the recipient is the key of the request."""
        _check_offered(applicant)
        subject = subject_of(applicant.holder.certificate.public_bytes(Encoding.DER))
        self._request = key_request(subject, applicant.new_key.public.der, (), is_signing=True)
        answer = _post(applicant, self._request)
        if not answer.is_client_error:
            raise WrongAnswerError(f"HTTP {answer.status_code}, not refused by 4xx")
        return f"HTTP {answer.status_code}"

    def fetch(self, applicant: Applicant) -> str:
        """Fetch the key, open it, and compare it with its certificate."""
        _check_offered(applicant)
        self._found = _server_key(expect(_post(applicant, self._request), 200))
        certificate = self._found.certificate
        if certificate.subject != applicant.holder.certificate.subject:
            raise WrongAnswerError(f"another subject: {certificate.subject.rfc4514_string()}")
        _check_opens(applicant, self._found)
        return f"{key_of(certificate).kind}, valid to {certificate.not_valid_after_utc:%Y-%m-%d}"

    def fetch_again(self, applicant: Applicant) -> str:
        """Fetch it once more."""
        _check_offered(applicant)
        if _server_key(expect(_post(applicant, self._request), 200)) != self._found:
            raise WrongAnswerError("another key: a lost answer would cost one")
        return "the same"

    def in_clear(self, applicant: Applicant) -> str:
        """Ask for a key without saying to whom it is to be enveloped."""
        _check_offered(applicant)
        subject = subject_of(applicant.holder.certificate.public_bytes(Encoding.DER))
        draft = RequestDraft(subject=subject, key=applicant.new_key.public)
        answer = _post(applicant, draft.signed(applicant.new_key.sign(draft.to_be_signed)))
        if not answer.is_client_error:
            raise WrongAnswerError(f"HTTP {answer.status_code}, not refused by 4xx")
        return f"HTTP {answer.status_code}"


def _check_offered(applicant: Applicant) -> None:
    if not applicant.recipient:
        raise NotAskedError("no encryption key to the new signing key")


def _post(applicant: Applicant, request: bytes) -> httpx.Response:
    return applicant.http.post(
        f"{EST_PATH}/serverkeygen",
        auth=(applicant.application, applicant.secret),
        content=base64.b64encode(request),
        headers={"Content-Type": "application/pkcs10"},
    )


def _server_key(answer: httpx.Response) -> ServerKey:
    found = decode_server_key(answer.headers.get("Content-Type", ""), answer.content)
    if found.kind is not EnvelopeKind.SM2:
        raise WrongAnswerError(f"{found.kind}, not {EnvelopeKind.SM2}")
    return found


def _check_opens(applicant: Applicant, found: ServerKey) -> None:
    """Open the envelope as the token would, and see whose key is in it."""
    assert isinstance(applicant.new_key, Sm2PrivateKey)
    envelope = Sm2EnvelopedKey.read(found.envelope)
    key = applicant.new_key.opened(envelope.sealed_key)
    decryptor = Cipher(algorithms.SM4(key), modes.ECB()).decryptor()  # noqa: S305 - the standard's
    number = decryptor.update(envelope.encrypted) + decryptor.finalize()
    opened = Sm2PrivateKey.of(int.from_bytes(number[-sm2.NUMBER_BYTES :], "big"))
    if opened.public != key_of(found.certificate):
        raise WrongAnswerError("the key is not the certificate's")
