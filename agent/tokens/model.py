"""What is known of tokens, as plain data that also travels between worker and agent."""

from __future__ import annotations

from enum import StrEnum, unique

import msgspec

from agent.ground.errors import ErrorReport


@unique
class PinState(StrEnum):
    """What CK_TOKEN_INFO's flags say of the user PIN (PKCS#11 v2.40, 3.2)."""

    OK = "ok"
    COUNT_LOW = "count_low"
    """A wrong PIN was entered since the last right one, or one whose outcome nobody knows."""
    FINAL_TRY = "final_try"
    """One more wrong PIN locks the token."""
    LOCKED = "locked"
    TO_BE_CHANGED = "to_be_changed"
    NOT_SET = "not_set"


class PinLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many bytes a token's PIN may have."""

    shortest: int = 1
    longest: int = 255


class ModuleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One PKCS#11 module to serve."""

    path: str
    environment: dict[str, str] = {}
    """Variables for its worker only, such as SOFTHSM2_CONF."""


class TokenReference(msgspec.Struct, frozen=True, kw_only=True):
    """Names one token in one module, as well as PKCS#11 lets it be named.

    Slot numbers change on re-insertion, so they are not part of it.
    """

    module: str
    """Path of the PKCS#11 module."""
    serial: str
    label: str


class TokenFacts(msgspec.Struct, frozen=True, kw_only=True):
    """CK_TOKEN_INFO of one token."""

    slot: int
    label: str
    serial: str
    model: str
    manufacturer: str
    pin_state: PinState
    login_required: bool
    protected_authentication_path: bool
    """The token has a PIN pad of its own: no PIN is asked for."""


class CertificateObject(msgspec.Struct, frozen=True, kw_only=True):
    """A CKO_CERTIFICATE object as it lies on the token; its value may be anything."""

    value: bytes
    id: bytes
    """CKA_ID: ties certificate, public key and private key together."""
    label: str
    has_private_key: bool | None
    """None where it cannot be known without a PIN."""


class TokenContent(msgspec.Struct, frozen=True, kw_only=True):
    """A token with the certificates on it, as one reading found them."""

    facts: TokenFacts
    certificates: tuple[CertificateObject, ...]


class LibraryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """CK_INFO of a module."""

    description: str
    manufacturer: str
    version: str


class ModuleContent(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of all tokens of a module."""

    tokens: tuple[TokenContent, ...]
    problems: tuple[ErrorReport, ...] = ()
    """Slots whose token could not be read, each named."""
    library: LibraryFacts | None = None
    slots: int = 0
    """How many slots there are, with a token or without."""
    has_fixed_slots: bool = False
    """A slot lacks CKF_REMOVABLE_DEVICE (PKCS#11 v2.40, 3.2): no event tells of its changes."""


class KeyPairFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which halves of a key pair with one CKA_ID are on the token."""

    id: bytes
    public: bool
    private: bool
    public_key: bytes = b""
    """SubjectPublicKeyInfo (DER) where the public half can be read."""
