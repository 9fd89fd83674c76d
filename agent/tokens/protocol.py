"""What agent and token worker say to each other: one JSON request, one JSON reply, in frames.

A worker serves one PKCS#11 module. Started plainly it lists tokens; an operation that needs the PIN
has a worker of its own, which ends with the operation.
"""

from __future__ import annotations

from typing import ClassVar, Generic, Literal, TypeVar

import msgspec

from agent.ground.errors import ErrorReport
from agent.tokens.model import KeyPairFacts, ModuleContent, PinLimits, PinState, TokenReference

Result = TypeVar("Result")
KeyTransport = Literal["rsaes-pkcs1-v1_5", "rsaes-oaep"]
"""How something is encrypted to an RSA key (RFC 8017, 7)."""


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


class LetGo(Request[None], frozen=True, kw_only=True, tag="let_go"):
    """Let go of all tokens (C_Finalize), so that programs that want one for themselves get it."""

    result = type(None)


class SessionOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A session is prepared and waits for its PIN."""

    endpoint: str
    """Where the PIN is to be sent, or nothing but the word that somebody is at the PIN pad."""
    pin_state: PinState
    has_pin_pad: bool = False
    """The PIN is typed on the token (CKF_PROTECTED_AUTHENTICATION_PATH)."""
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


class FindKeyPair(Request[KeyPairFacts], frozen=True, kw_only=True, tag="find_key_pair"):
    """Say which halves of the pair with this CKA_ID exist."""

    result = KeyPairFacts
    id: bytes


class GenerateKeyPair(Request[KeyPairFacts], frozen=True, kw_only=True, tag="generate_key_pair"):
    """Generate a key pair on the token; its private half never leaves it.

    Refused (``key_type_unsupported``) where the token could do none of the kinds, or not use it.
    """

    result = KeyPairFacts
    writes = True
    id: bytes
    label: str
    key_types: tuple[str, ...]
    """The first that the token can do is taken: ``rsa:2048``, ``rsa:3072``, ``rsa:4096``,
    ``ec:secp256r1`` or ``ec:secp384r1``."""
    usage: Literal["sign", "decrypt"] = "sign"
    """What the private key is for; only RSA keys decrypt."""


class DestroyKeyPair(Request[None], frozen=True, kw_only=True, tag="destroy_key_pair"):
    """Remove what exists of the pair with this CKA_ID."""

    result = type(None)
    writes = True
    id: bytes


class SignRequest(Request[bytes], frozen=True, kw_only=True, tag="sign_request"):
    """Make a PKCS#10 request (RFC 2986, DER) signed by the key ``id``."""

    result = bytes
    id: bytes
    certificate: bytes
    """The certificate (DER) whose subject the request carries over, unchanged to the byte."""


class SignMessage(Request[bytes], frozen=True, kw_only=True, tag="sign_message"):
    """Make CMS SignedData (RFC 5652, DER) over ``content``, encapsulated, with signed attributes."""

    result = bytes
    id: bytes
    certificate: bytes
    content: bytes
    content_type: str = "1.2.840.113549.1.7.1"
    """eContentType, dotted; id-data for an agent of before there were others, still running while its
    worker is of this version already."""


class SignData(Request[bytes], frozen=True, kw_only=True, tag="sign_data"):
    """Sign ``data``: RSA PKCS#1 v1.5 or ECDSA (DER), both with SHA-256."""

    result = bytes
    id: bytes
    data: bytes


class WriteCertificate(Request[None], frozen=True, kw_only=True, tag="write_certificate"):
    """Store a certificate under its key's CKA_ID; one that is there already is left alone."""

    result = type(None)
    writes = True
    id: bytes
    label: str
    certificate: bytes


class DestroyCertificate(Request[None], frozen=True, kw_only=True, tag="destroy_certificate"):
    """Remove this very certificate, where it is there."""

    result = type(None)
    writes = True
    id: bytes
    certificate: bytes


class DecryptData(Request[bytes], frozen=True, kw_only=True, tag="decrypt_data"):
    """Decrypt ``data`` with an RSA key: to prove that it is there and works.

    OAEP is with SHA-256, for MGF1 too, and without a label.
    """

    result = bytes
    id: bytes
    data: bytes
    scheme: KeyTransport


class ImportKeyPair(Request[KeyPairFacts], frozen=True, kw_only=True, tag="import_key_pair"):
    """Open the envelope with a key of the token, and store the key pair in it.

    Nothing is written unless the key is the certificate's. A whole pair is adopted, half a pair of an
    interrupted run is replaced. Refused with ``key_envelope_invalid``, ``key_envelope_unopened``
    (it is for another key), ``key_mismatch`` or ``key_id_taken``.
    """

    result = KeyPairFacts
    writes = True
    id: bytes
    """CKA_ID of the new pair."""
    label: str
    envelope: bytes
    """CMS EnvelopedData (DER) with an AsymmetricKeyPackage inside (RFC 7030, 4.4.2)."""
    recipient_id: bytes
    """CKA_ID of the private key that opens it."""
    certificate: bytes
    """The certificate (DER) of the key."""


class CheckRoom(Request[None], frozen=True, kw_only=True, tag="check_room"):
    """Find out whether so many bytes can be stored, by the token's word or by storing and removing them.

    What a check left that was killed is removed. Refused with ``token_full`` or ``not_written``.
    """

    result = type(None)
    bytes: int


AnyRequest = (
    ListTokens
    | LetGo
    | OpenSession
    | ReceivePin
    | LogIn
    | ChangePin
    | FindKeyPair
    | GenerateKeyPair
    | DestroyKeyPair
    | SignRequest
    | SignMessage
    | SignData
    | WriteCertificate
    | DestroyCertificate
    | DecryptData
    | ImportKeyPair
    | CheckRoom
)
