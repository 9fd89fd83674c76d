"""What agent and token worker say to each other: one JSON request, one JSON reply, in frames.

A worker serves one module. Started plainly it lists tokens; an operation that needs the PIN has a
worker of its own, which ends with the operation. Nothing here says by which standard the module is
spoken to: that is its driver's affair (:mod:`agent.tokens.worker.driver`).
"""

from __future__ import annotations

from enum import StrEnum, unique
from typing import ClassVar, Generic, Literal, TypeVar

import msgspec

from agent.ground.reports import ErrorReport
from agent.tokens.model import (
    KeyCompanions,
    KeyName,
    KeyPairFacts,
    ModuleContent,
    PinFacts,
    PinLimits,
    TokenReference,
)
from agent.tokens.worker.oaep import Oaep

Result = TypeVar("Result")
FOR_SESSION = "for-session"
"""Argument of a worker that will be asked for a session."""


@unique
class EnvelopeKind(StrEnum):
    """In what a private key that an authority made travels to a token."""

    CMS = "cms-enveloped-data"
    """CMS EnvelopedData (DER) to an RSA key, with an AsymmetricKeyPackage (RFC 7030, 4.4.2) or, wrapped, a
    bare key (RFC 5649) inside."""
    SM2 = "sm2-enveloped-key"
    """SM2EnvelopedKey (GM/T 0009, 7.4; DER) to the SM2 signing key beside which it is put."""
    RSA = "rsa-enveloped-key"
    """The same for RSA (:mod:`agent.keys.rsa_enveloped_key`; DER)."""


class Request(msgspec.Struct, Generic[Result], frozen=True, kw_only=True, tag_field="do"):
    """Base of all requests; ``result`` is the type of the reply's value."""

    result: ClassVar[type]
    writes: ClassVar[bool] = False
    """It changes what is on the token, so that readings made before are out of date."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one request: a value of the request's result type, or an error."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    error: ErrorReport | None = None
    resident_bytes: int = 0
    """Memory the worker takes now; what a library leaks shows here."""


class ListTokens(Request[ModuleContent], frozen=True, kw_only=True, tag="list_tokens"):
    """Read all tokens and their certificates, without a PIN."""

    result = ModuleContent
    anew: bool = True
    """Nothing of the listing before counts; else the driver may take it for true that a certificate has its
    key, where all that it sees is as it was."""


class LetGo(Request[None], frozen=True, kw_only=True, tag="let_go"):
    """Let go of all tokens, so that programs that want one for themselves get it."""

    result = type(None)


class SessionOffer(PinFacts, frozen=True, kw_only=True):
    """A session is prepared and waits for its PIN, of which the token says so much."""

    endpoint: str
    """Where the PIN is to be sent, or nothing but the word that somebody is at the PIN pad."""
    has_pin_pad: bool = False
    """The PIN is typed on the token."""
    pin_limits: PinLimits = PinLimits()


class OpenSession(Request[SessionOffer], frozen=True, kw_only=True, tag="open_session"):
    """Find the token and make the socket its PIN is to be sent to."""

    result = SessionOffer
    token: TokenReference
    certificate: bytes = b""
    """A certificate the token must hold; tells tokens of the same name apart."""


class ReceivePin(Request[None], frozen=True, kw_only=True, tag="receive_pin"):
    """Wait for what is sent to the endpoint: the PIN, the old and the new one, or nothing."""

    result = type(None)


class LogIn(Request[None], frozen=True, kw_only=True, tag="log_in"):
    """Log in with the PIN, once, and tell who typed it how it went."""

    result = type(None)
    accepts_final_try: bool = False
    """A person consented to risk the last try."""


class ChangePin(Request[None], frozen=True, kw_only=True, tag="change_pin"):
    """Replace the old PIN by the new one, once, and tell who typed them how it went."""

    result = type(None)
    accepts_final_try: bool = False


class LogOut(Request[None], frozen=True, kw_only=True, tag="log_out"):
    """End what the PIN allows. Not every token does that by itself when its worker ends."""

    result = type(None)


class FindKeyPair(Request[KeyPairFacts], frozen=True, kw_only=True, tag="find_key_pair"):
    """Say which halves of the pair exist."""

    result = KeyPairFacts
    key: KeyName


class GenerateKeyPair(Request[KeyPairFacts], frozen=True, kw_only=True, tag="generate_key_pair"):
    """Generate a key pair on the token; its private half never leaves it.

    Refused (``key_type_unsupported``) where the token could do none of the kinds, or not use it.
    """

    result = KeyPairFacts
    writes = True
    key: KeyName
    label: str
    key_types: tuple[str, ...]
    """The first that the token can do is taken: ``rsa:2048``, ``rsa:3072``, ``rsa:4096``,
    ``ec:secp256r1``, ``ec:secp384r1`` or ``sm2``."""
    usage: Literal["sign", "decrypt"] = "sign"
    """What the private key is for; only RSA keys decrypt."""


class FindCompanions(Request[KeyCompanions], frozen=True, kw_only=True, tag="find_companions"):
    """Say what would be gone along with the pair if that were destroyed."""

    result = KeyCompanions
    key: KeyName


class DestroyKeyPair(Request[None], frozen=True, kw_only=True, tag="destroy_key_pair"):
    """Remove what exists of the pair. What goes along is asked for before (:class:`FindCompanions`)."""

    result = type(None)
    writes = True
    key: KeyName


class SignRequest(Request[bytes], frozen=True, kw_only=True, tag="sign_request"):
    """Make a PKCS#10 request (RFC 2986, DER) signed by the key."""

    result = bytes
    key: KeyName
    certificate: bytes
    """The certificate (DER) whose subject the request carries over, unchanged to the byte."""


class SignMessage(Request[bytes], frozen=True, kw_only=True, tag="sign_message"):
    """Make CMS SignedData (RFC 5652, DER) over ``content``, encapsulated, with signed attributes."""

    result = bytes
    key: KeyName
    certificate: bytes
    content: bytes
    content_type: str = "1.2.840.113549.1.7.1"
    """eContentType, dotted; id-data where nothing is said."""


class SignData(Request[bytes], frozen=True, kw_only=True, tag="sign_data"):
    """Sign ``data``: RSA PKCS#1 v1.5, ECDSA (DER), or SM2 with SM3 (DER)."""

    result = bytes
    key: KeyName
    data: bytes
    digest: Literal["sha256", "sha384", "sm3"] = "sha256"
    """SHA-384 for curves alone, SM3 for SM2 keys."""


class SignDigest(Request[bytes], frozen=True, kw_only=True, tag="sign_digest"):
    """Sign a digest somebody else made: RSA PKCS#1 v1.5, or ECDSA (DER). What was digested nobody knows.

    Refused for SM2 keys (``key_type_unsupported``): there the signer's key is part of what is digested.
    """

    result = bytes
    key: KeyName
    digest: bytes
    algorithm: Literal["sha256", "sha384", "sha512"]


class WriteCertificate(Request[None], frozen=True, kw_only=True, tag="write_certificate"):
    """Store a certificate with its key; one that is there already is left alone."""

    result = type(None)
    writes = True
    key: KeyName
    label: str
    certificate: bytes


class DestroyCertificate(Request[None], frozen=True, kw_only=True, tag="destroy_certificate"):
    """Remove this very certificate, where it is there and can go without its key.

    SKF has no call for that: there it goes with its key (:class:`DestroyKeyPair`).
    """

    result = type(None)
    writes = True
    key: KeyName
    certificate: bytes


class ProveDecryption(Request[bool], frozen=True, kw_only=True, tag="prove_decryption"):
    """Find out whether the private key opens what is sealed for ``public_key``, here and now.

    The worker seals something of its own and has the token open it; what that was leaves it no more than
    the answer does.
    """

    result = bool
    key: KeyName
    public_key: bytes
    """SubjectPublicKeyInfo (DER)."""


class DecryptKey(Request[bytes], frozen=True, kw_only=True, tag="decrypt_key"):
    """Have the token decrypt the key of somebody's message (RFC 5652, 6.2.1).

    What does not decrypt, or to a key of another length, gives a random one (RFC 3218, 2.3.2): whoever
    sent it learns nothing from the kind of a failure.
    """

    result = bytes
    key: KeyName
    encrypted_key: bytes
    size: int
    """Bytes of the key."""
    oaep: Oaep | None = None
    """None for RSAES-PKCS1-v1_5."""


class DecryptContent(Request[bytes], frozen=True, kw_only=True, tag="decrypt_content"):
    """Have the token decrypt the content of somebody's message with SM4 in CBC mode, padding and all.

    For tokens that give out no keys (SKF); elsewhere it is refused with ``decryption_unsupported``. An RSA
    key that does not open makes the content as random as another key would, as for :class:`DecryptKey`. Of
    SM2, which has a digest of what is sealed, it is refused (``key_envelope_unopened``) after as much work.
    """

    result = bytes
    key: KeyName
    encrypted_key: bytes
    """Of SM4: SM2Cipher (DER), or by RSAES-PKCS1-v1_5."""
    initial: bytes
    """The block before ``content``, 16 bytes: a long content may be decrypted piece by piece."""
    content: bytes
    """Whole blocks."""


class ImportKeyPair(Request[KeyPairFacts], frozen=True, kw_only=True, tag="import_key_pair"):
    """Open the envelope with a key of the token, and store the key pair in it.

    Nothing is written unless the key is the certificate's. A whole pair is adopted, half a pair of an
    interrupted run is replaced. Refused with ``key_envelope_invalid``, ``key_envelope_unopened``
    (it is for another key), ``key_mismatch`` or ``key_id_taken``.
    """

    result = KeyPairFacts
    writes = True
    key: KeyName
    """Of the new pair; the answer says which name it has, where a token puts it beside its recipient."""
    label: str
    envelope: bytes
    envelope_kind: str
    """An :class:`EnvelopeKind`; one the driver does not open is refused (``key_envelope_invalid``)."""
    recipient: KeyName
    """Of the private key that opens it."""
    certificate: bytes
    """The certificate (DER) of the key."""


class CheckRoom(Request[None], frozen=True, kw_only=True, tag="check_room"):
    """Find out whether so many bytes can be stored, by the token's word or by storing and removing them.

    What a check left that was killed is removed. Refused with ``token_full`` or ``not_written``.
    """

    result = type(None)
    bytes: int


KeyRequest = (
    FindKeyPair
    | GenerateKeyPair
    | FindCompanions
    | DestroyKeyPair
    | SignRequest
    | SignMessage
    | SignData
    | SignDigest
    | WriteCertificate
    | DestroyCertificate
    | ProveDecryption
    | DecryptKey
    | DecryptContent
    | ImportKeyPair
    | CheckRoom
)
"""What a token does once its PIN was given."""

AnyRequest = ListTokens | LetGo | OpenSession | ReceivePin | LogIn | ChangePin | LogOut | KeyRequest
