"""What is known of tokens, as plain data that also travels between worker and agent."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Annotated, Literal

import msgspec

from agent.ground.reports import ErrorReport

KeyName = bytes
"""Names a key pair on a token; what is in it concerns nobody but the driver.

The agent chooses ``KEY_NAME_BYTES`` random bytes for a new pair, and saves them before anything is made.
The driver makes of them what its tokens call keys by, and names keys it finds in the same way.
"""
KEY_NAME_BYTES = 16


@unique
class PinState(StrEnum):
    """What is known of a user PIN; in PKCS#11 by CK_TOKEN_INFO's flags (v2.40, 3.2)."""

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


@unique
class ModuleKind(StrEnum):
    """By which standard a driver is spoken to."""

    PKCS11 = "pkcs11"
    SKF = "skf"
    """GM/T 0016."""


PinLength = Annotated[int, msgspec.Meta(ge=1, le=255)]


class Quirks(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """In what a library that speaks SKF differs from the standard; None where nothing is said."""

    ulong_bytes: Literal[4, 8] | None = None
    """The size of its ULONG, which is else found out by asking it."""
    tells_events: bool | None = None
    """Whether SKF_WaitForDevEvent is called: never, or even where the system tells of devices."""
    waits_by_value: bool | None = None
    """Whether SKF_WaitForDevEvent takes the length of a device's name itself, not its address."""
    loaded_by: str | None = None
    """The Python that loads the library instead, where it is of another width than the agent's."""
    shortest_pin: PinLength | None = None
    longest_pin: PinLength | None = None


class ModuleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One driver's library to serve, a *module*."""

    path: str
    kind: ModuleKind | None = None
    """None where it is to be found out by the name the library exports."""
    environment: dict[str, str] = {}
    """Variables for its worker only, such as SOFTHSM2_CONF."""
    quirks: Quirks = Quirks()


class TokenReference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Names one token in one module, as well as it can be named.

    Slot numbers change on re-insertion, so they are not part of it.
    """

    module: str
    """Path of the module."""
    serial: str
    label: str
    application: str = ""
    """What on the token the PIN belongs to (GM/T 0016, 5.2); empty where it belongs to the token."""


class PinFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says of its user PIN."""

    pin_state: PinState
    tries_left: int | None = None
    """None where the token tells no number, as in PKCS#11."""
    tries_most: int | None = None
    """How many there are after a right PIN; None likewise."""
    is_factory_pin: bool = False
    """The token says that the PIN is the one it was made with."""


class TokenFacts(PinFacts, frozen=True, kw_only=True):
    """What a token says of itself; in PKCS#11 its CK_TOKEN_INFO, in SKF its DEVINFO."""

    slot: int
    """In SKF the number of its device among those that are plugged in."""
    label: str
    serial: str
    application: str = ""
    model: str
    manufacturer: str
    login_required: bool
    protected_authentication_path: bool
    """The token has a PIN pad of its own: no PIN is asked for."""
    free_bytes: int | None = None
    """Room that is left; None where it does not tell."""


class CertificateObject(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as it lies on the token; its value may be anything."""

    value: bytes
    key: KeyName = msgspec.field(name="id")
    """Of the pair it belongs to. An agent of the version before, which an upgrade leaves running for a
    moment, reads it under its old name."""
    label: str
    has_private_key: bool | None
    """None where it cannot be known without a PIN."""
    container: str = ""
    """What holds it and its keys (GM/T 0016, 5.2); empty in PKCS#11."""


class TokenContent(msgspec.Struct, frozen=True, kw_only=True):
    """A token with the certificates on it, as one reading found them."""

    facts: TokenFacts
    certificates: tuple[CertificateObject, ...]


class LibraryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a module says of itself; in PKCS#11 its CK_INFO."""

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
    kind: ModuleKind = ModuleKind.PKCS11
    """How the module was spoken to."""


class KeyPairFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which halves of a key pair are on the token."""

    key: KeyName
    public: bool
    private: bool
    public_key: bytes = b""
    """SubjectPublicKeyInfo (DER) where the public half can be read."""
    encryption_place: KeyName = b""
    """The name of an encryption key that is put beside this pair, and has to be enveloped to it (GM/T 0016:
    into its container); empty where keys lie each for itself."""


class KeyCompanions(msgspec.Struct, frozen=True, kw_only=True):
    """What is gone with a key pair when that is destroyed, since the token has them in one place."""

    certificates: tuple[bytes, ...] = ()
    """DER of each, the pair's own included."""
    keys: tuple[KeyName, ...] = ()
    """Of other private keys; the pair's own name stands for another one of that name."""
