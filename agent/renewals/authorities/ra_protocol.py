"""The RA API's wire format: what client and certification authority say to each other beside EST.

Pure types, shared by the agent's client and the sandbox's server, so that there is one definition.
JSON throughout; errors are RFC 9457 problem documents (:class:`Problem`). Authentication is HTTP
Basic over TLS on every call but the policy and the licence without an application: user =
application id, password = its secret.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum, unique
from typing import Annotated, Literal

import msgspec

from agent.ground.private import Private

RA_PATH = "/ra/v1"
EST_PATH = "/.well-known/est"

KeyType = Literal["rsa:2048", "rsa:3072", "rsa:4096", "ec:secp256r1", "ec:secp384r1"]
SigningKeyType = Literal[KeyType, "sm2"]
EncryptionKeyType = Literal["rsa:2048", "rsa:3072", "rsa:4096"]
KeyTransport = Literal["rsaes-pkcs1-v1_5", "rsaes-oaep"]
"""How a content key is enveloped to an RSA recipient (RFC 8017); OAEP with SHA-256 and MGF1-SHA-256."""
ContainerKeyTransport = Literal["sm2-enveloped-key", "rsa-enveloped-key"]
"""How an encryption key can be enveloped to the new *signing* key, for tokens that take one only beside it
(GM/T 0016: into a container). ``sm2-enveloped-key`` is SM2EnvelopedKey (GM/T 0009, 7.4), both keys SM2;
``rsa-enveloped-key`` the same for RSA (:mod:`agent.keys.rsa_enveloped_key`)."""
SM2_ENVELOPED_KEY_TYPE = "application/vnd.odc.sm2-enveloped-key"
"""The media type of an SM2EnvelopedKey in base64, in the place of CMS in serverkeygen's answer."""
RSA_ENVELOPED_KEY_TYPE = "application/vnd.odc.rsa-enveloped-key"
"""The same for RSA."""
Sha256Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]

# Whatever comes from the other side has a bound in its type: a number no loop counts to for ever, a text
# that fits on a screen. They are generous; nobody who means well meets them.
Days = Annotated[int, msgspec.Meta(ge=0, le=36500)]
ReviewDays = Annotated[int, msgspec.Meta(ge=0, le=250)]
"""A year of working days."""
Version = Annotated[int, msgspec.Meta(ge=1, le=10000)]
Bytes = Annotated[int, msgspec.Meta(ge=0, le=1 << 30)]
Word = Annotated[str, msgspec.Meta(max_length=100)]
Line = Annotated[str, msgspec.Meta(max_length=500)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Url = Annotated[str, msgspec.Meta(max_length=2000)]
_FEW = msgspec.Meta(max_length=16)


@unique
class DocumentName(StrEnum):
    """The scans an authority can ask for, each stamped with the organisation's seal (the guide, 三)."""

    ORGANISATION_CERTIFICATE = "organisation_certificate"  # 单位证照复印件
    ID_CARD_FRONT = "id_card_front"  # 经办人身份证复印件, 人像面
    ID_CARD_BACK = "id_card_back"  # 经办人身份证复印件, 国徽面
    AUTHORISATION_LETTER = "authorisation_letter"  # 法人授权书


@unique
class ApplicantField(StrEnum):
    """The applicant's data an authority can ask for (the guide, 三)."""

    ID_NUMBER = "id_number"  # 经办人证件号码
    NAME = "name"  # 经办人姓名
    ADDRESS = "address"  # 经办人地址
    PHONE = "phone"  # 经办人电话号码
    EMAIL = "email"  # 经办人email


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What an authority asks of a renewal: ``GET /ra/v1/policy``.

    Days are calendar days of China Standard Time. ``latest_days_after_expiry`` is None where no
    expiry is too long ago.
    """

    authority: Line
    """The authority's name for people, such as 广东省电子商务认证有限公司."""
    earliest_days_before_expiry: Days = 90
    latest_days_after_expiry: Days | None = None
    dossier: Literal["never", "when_expired", "always"] = "when_expired"
    required_fields: Annotated[tuple[ApplicantField, ...], _FEW] = (
        ApplicantField.ID_NUMBER,
        ApplicantField.NAME,
        ApplicantField.ADDRESS,
    )
    required_documents: Annotated[tuple[DocumentName, ...], _FEW] = tuple(DocumentName)
    document_formats: Annotated[tuple[Word, ...], _FEW] = (
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/bmp",
    )
    document_max_bytes: Bytes = 1024 * 1024
    review_working_days: ReviewDays = 2
    sms: bool = True
    key_types: Annotated[tuple[KeyType, ...], msgspec.Meta(min_length=1, max_length=16)] = (
        "rsa:2048",
    )
    """What the new key may be, the authority's favourite first."""
    signing_key_types: Annotated[tuple[SigningKeyType, ...], _FEW] = ()
    """The same with SM2 among them, in place of ``key_types`` for who knows this member; empty for no
    difference. Agents of before know nothing new in ``key_types``, and would stop there."""
    encryption_certificate: bool = False
    """Whether the encryption certificate is renewed as well, by EST's serverkeygen. Only a manifest
    with ``encryption_recipient`` asks for it."""
    encryption_key_type: EncryptionKeyType = "rsa:2048"
    """What the authority generates: what the token must have room for."""
    key_transport: Annotated[
        tuple[KeyTransport, ...], msgspec.Meta(min_length=1, max_length=16)
    ] = ("rsaes-pkcs1-v1_5",)
    """How the authority can envelop the encryption key, its favourite first. The request's
    SMIMECapabilities choose among them; the first that both know is used."""
    container_key_transport: Annotated[tuple[ContainerKeyTransport, ...], _FEW] = ()
    """How it can envelop an encryption key to the new signing key, its favourite first; empty where it does
    not. Which kind of encryption key that is, goes with it; tokens that need it know no other way."""
    retire_old: Literal["keep", "delete"] = "keep"
    """What becomes of the old *signing* pair on the token once installation was confirmed. Old
    encryption keys always stay: without them old documents cannot be read."""
    licence: bool = False
    """Whether the authority hands out business licences."""
    message_version: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    """What manifests and licence requests are signed as, see
    :mod:`agent.renewals.authorities.signed_messages`. A client that does not know it signs by the
    newest version it knows."""

    @property
    def new_key_types(self) -> tuple[SigningKeyType, ...]:
        """What the new key may be, the authority's favourite first, for who knows SM2."""
        return self.signing_key_types or self.key_types


class Applicant(Private, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The person who handles the renewal (经办人)."""

    id_number: str
    name: str
    address: str
    phone: str = ""
    email: str = ""


class DocumentDigest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the manifest says of one scan."""

    sha256: Sha256Hex
    size: Bytes
    media_type: Word


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the old signing key signs: everything of an application, bound together.

    Sent as CMS SignedData (RFC 5652, DER) with this as encapsulated JSON content, under the content
    type of ``Policy.message_version``.
    """

    audience: Url
    """The authority's base URL as the client knows it: a manifest is good for one authority only."""
    application: Word
    """The application's UUID, chosen by the client."""
    version: Version
    """1 for the first submission; each amendment is one more."""
    secret_sha256: Sha256Hex
    certificate_sha256: Sha256Hex
    """The certificate to renew, whose key signs."""
    csr_sha256: Sha256Hex
    """The PKCS#10 request (DER) that will be posted to simpleenroll."""
    created: dt.datetime
    applicant: Applicant | None = None
    documents: Annotated[dict[DocumentName, DocumentDigest], _FEW] = {}
    encryption_recipient: Annotated[bytes, msgspec.Meta(max_length=8192)] | None = None
    """SubjectPublicKeyInfo (DER; base64 in JSON) the new encryption key is to be enveloped to; None
    asks for none.

    Either the key of the organisation's current encryption certificate or a fresh transport key, both RSA;
    or, by ``Policy.container_key_transport``, the key of the very request this manifest names. This
    signature is the proof that it is the holder's. The request posted to
    serverkeygen names it by its key identifier: the certificate's SubjectKeyIdentifier, or the
    SHA-1 of the subjectPublicKey bits (RFC 5280, 4.2.1.2, method 1)."""


@unique
class ApplicationState(StrEnum):
    """Where an application stands at the authority."""

    OPEN = "open"
    """Accepted, scans are still missing or ``complete`` was not said."""
    REVIEWING = "reviewing"
    REJECTED = "rejected"
    APPROVED = "approved"
    """Approved; waits for the SMS code."""
    RELEASED = "released"
    """The SMS code was right (or none is asked for): the certificate can be fetched."""
    INSTALLED = "installed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the authority's staff wants amended (审核意见)."""

    item: Word
    """An :class:`ApplicantField`, a :class:`DocumentName`, or empty for the whole."""
    text: Text


class ApplicationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``GET /ra/v1/applications/{uuid}`` and to the calls that change it."""

    application: Word
    state: ApplicationState
    version: Version
    remarks: Annotated[tuple[Remark, ...], msgspec.Meta(max_length=100)] = ()
    expected_by: dt.date | None = None
    phone_hint: Word = ""
    """The phone the SMS code goes to, all but its ends hidden, such as ``138****5678``."""
    missing_documents: Annotated[tuple[DocumentName, ...], _FEW] = ()


class SmsCode(Private, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST …/sms/verify``."""

    code: Annotated[str, msgspec.Meta(pattern="^[0-9]{4,8}$")]


class Licence(Private, frozen=True, kw_only=True):
    """A business licence (营业执照): the answer to both licence calls.

    ``GET /ra/v1/applications/{uuid}/licence``, and without an application
    ``POST /ra/v1/licences/{uscc}`` with a signed :class:`LicenceRequest`. Days are of China
    Standard Time.
    """

    uscc: Annotated[str, msgspec.Meta(pattern="^[0-9A-Z]{18}$")]
    """统一社会信用代码; the client checks that it is the certificate's."""
    name: Line
    legal_representative: Line
    address: Line
    valid_from: dt.date
    valid_to: dt.date | None = None
    """The last day, included; None where the licence has no end (长期)."""
    updated: dt.date
    """When the register last changed it."""
    image: Annotated[bytes, msgspec.Meta(max_length=1_500_000)] | None = None
    """A picture of it (PNG; base64 in JSON), where the authority has one."""


class LicenceRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a token signs to fetch a licence without an application.

    Sent as CMS SignedData (RFC 5652, DER) with this as encapsulated JSON content, like a manifest, and
    good for nothing else: neither its content type nor its members are a manifest's. The same bytes
    may be sent again after a lost answer, a few times, within ``LICENCE_REQUEST_SECONDS`` of ``created``.
    """

    request: Literal["business_licence"] = "business_licence"
    audience: Url
    """The authority's base URL as the client knows it."""
    uscc: Word
    """Must be the signing certificate's organisation and the path's."""
    certificate_sha256: Sha256Hex
    """The signing certificate, the organisation's newest one, expired or not."""
    created: dt.datetime
    nonce: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    """16 random bytes, new for each request that is signed."""


LICENCE_REQUEST_SECONDS = 600
"""How far ``LicenceRequest.created`` may be from the authority's clock; ``stale_request`` beyond."""


@unique
class ProblemCode(StrEnum):
    """Why a call was refused; the ``code`` member of a problem document."""

    MALFORMED = "malformed"
    UNAUTHORISED = "unauthorised"
    NOT_FOUND = "not_found"
    BAD_SIGNATURE = "bad_signature"
    WRONG_AUDIENCE = "wrong_audience"
    UNKNOWN_CERTIFICATE = "unknown_certificate"
    OUTSIDE_WINDOW = "outside_window"
    """Too early, or too long after expiry for self-service."""
    ALREADY_OPEN = "already_open"
    """409: another application is open for that certificate; ``application`` names it."""
    STALE_VERSION = "stale_version"
    WRONG_STATE = "wrong_state"
    INCOMPLETE = "incomplete"
    DOCUMENT_MISMATCH = "document_mismatch"
    TOO_LARGE = "too_large"
    WRONG_CODE = "wrong_code"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    TOO_SOON = "too_soon"
    """429 with Retry-After."""
    RECIPIENT_REFUSED = "recipient_refused"
    """422: no encryption key can be enveloped to ``encryption_recipient``: an EC key, another
    organisation's, one whose certificate is not the current encryption certificate, or an SM2 key that is
    not this application's new signing key."""
    NOT_OFFERED = "not_offered"
    """403: the policy has no encryption certificates, or no licences."""
    STALE_REQUEST = "stale_request"
    """403: a licence request of too long ago, or of the future: check the clock and sign anew."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem document (``application/problem+json``) with our ``code``."""

    title: Text
    status: Annotated[int, msgspec.Meta(ge=0, le=999)]
    code: Word = ""
    detail: Text = ""
    type: Url = "about:blank"
    application: Word = ""
    attempts_left: Annotated[int, msgspec.Meta(ge=0, le=1000)] | None = None
