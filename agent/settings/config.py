"""Configuration: TOML of the user, under the administrator's policy, checked by type.

The policy file has the same keys and wins, key by key. A file that cannot be read is a
:class:`ConfigError` that names the file and the key; it is never half applied.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from agent.certificates.identity_oids import IdentityOid
from agent.ground.decoding import converted
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import Language, mark
from agent.ground.text_files import TextEncodingError, read_text_file
from agent.settings.quiet import quiet_hours
from agent.settings.site_patterns import site_pattern
from agent.system.paths import Paths
from agent.system.trusted_files import UntrustedFileError, see_to_writers
from agent.tokens.discovery import ConfiguredModule

Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class ConfigError(OdcError):
    """A configuration file does not say what it must say."""

    code = "config_invalid"
    sentence = mark("The configuration file {file} is not valid: {reason}")
    advice = mark("Correct the file and start the agent again.")


KeyKind = Literal["rsa:2048", "rsa:3072", "rsa:4096", "ec:secp256r1", "ec:secp384r1", "sm2"]


class AuthoritySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One certification authority, chosen by the issuer of the certificate to renew."""

    name: str
    issuers: tuple[str, ...]
    """Issuer names (RFC 4514) this authority renews."""
    url: Annotated[str, msgspec.Meta(pattern="^https?://[^/]+")]
    """Base URL, ``https`` since a password goes there, where EST and the RA API are below it. ``http`` for
    CMP alone, whose messages are protected by themselves."""
    trust_anchor: Path
    """File (PEM or DER) of the root its TLS and its certificates must chain to."""
    profile: Literal["ra", "est", "cmp", "cmp-signed"] = "ra"
    """``ra``: EST and the RA API; ``est``: a plain EST server with a user name and a password; ``cmp``: a
    CMP server, with a reference value and a secret; ``cmp-signed``: one that lets the certificate itself
    prove who renews it."""
    label: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._~-]*\Z")] = ""
    """EST label (RFC 7030, 3.2.2), for ``est``."""
    user: str = ""
    """User name, for ``est``; for ``cmp`` the reference value, where it is the same for all; else each
    renewal asks for its own."""
    password_file: Path | None = None
    """File with the password, or the secret, in its first line; readable by nobody else."""
    path: Annotated[str, msgspec.Meta(pattern=r"^/[^\s?#]*\Z")] = "/.well-known/cmp"
    """Where below ``url`` messages are sent to, for CMP (RFC 9483, 6.1)."""
    mac: Literal["pbm", "pbmac1"] = "pbm"
    """How the secret protects messages, for ``cmp``: PasswordBasedMac or PBMAC1 (RFC 9481, 6.1)."""
    key_types: tuple[KeyKind, ...] = ()
    """Kinds of new keys a CMP server takes, the first that a token can do; empty for the usual ones."""

    def __post_init__(self) -> None:
        """Refuse a server without the user or the password it wants, and passwords in clear."""
        if self.profile == "est" and not (self.user and self.password_file):
            raise ValueError('profile "est" needs user and password_file')
        if self.profile == "cmp" and bool(self.user) is not bool(self.password_file):
            raise ValueError('profile "cmp" needs both user and password_file, or neither')
        if self.profile == "cmp-signed" and (self.user or self.password_file):
            raise ValueError('profile "cmp-signed" has neither user nor password_file')
        if not self.is_cmp and not self.url.startswith("https://"):
            raise ValueError(f'profile "{self.profile}" needs an https url')

    @property
    def is_cmp(self) -> bool:
        """Whether it speaks CMP, by whichever profile."""
        return self.profile in {"cmp", "cmp-signed"}


class ReminderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to remind."""

    thresholds: tuple[Days, ...] = (90, 60, 30, 15, 7, 3, 1)
    """Days before expiry whose crossing is told."""
    notifications: bool = True
    """Whether notices are shown."""
    quiet_hours: str = ""
    """From when to when nothing pops up by itself, such as ``22:00-08:00``; empty for never."""

    def __post_init__(self) -> None:
        """Refuse quiet hours that are written otherwise."""
        quiet_hours(self.quiet_hours)


class PortalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One portal of 热门应用 in the main window."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    url: Annotated[str, msgspec.Meta(pattern="^https?://[^/]+")]


class BrowserSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which sites may ask without asking the user, and which may not ask at all."""

    allow: tuple[str, ...] = ()
    """Origins such as ``https://www.gov.cn``, which may see certificates and renew them; ``*`` stands for
    any part of the host or port."""
    register: bool = True
    """Whether the agent registers the native host with this user's browsers at its start."""
    deny: tuple[str, ...] = ()
    """Origins that may never ask for anything, on whatever port; this comes before all below and the user."""
    allow_login: tuple[str, ...] = ()
    """Origins that may ask for a log-in; the PIN is asked for all the same."""
    deny_login: tuple[str, ...] = ()
    """Origins that may not, on whatever port."""
    allow_sign: tuple[str, ...] = ()
    """Origins the user is told are the organisation's when they want something signed."""
    deny_sign: tuple[str, ...] = ()
    """Origins that may have nothing signed."""
    allow_decrypt: tuple[str, ...] = ()
    """Origins the user is told are the organisation's when they want something decrypted."""
    deny_decrypt: tuple[str, ...] = ()
    """Origins that may have nothing decrypted."""
    allow_sign_hash: tuple[str, ...] = ()
    """Origins that may have a hash signed that they chose, after question and PIN; of the policy alone."""

    def __post_init__(self) -> None:
        """Refuse what no site is like: a ban that never fits would be none."""
        for name in _SITE_LISTS:
            for pattern in getattr(self, name):
                site_pattern(pattern)


_SITE_LISTS = tuple(name for name in BrowserSettings.__struct_fields__ if name != "register")


class RenewalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How renewals are kept."""

    abandoned_after_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30
    """How long a renewal may wait for a person before it is withdrawn and its dossier deleted."""


class TokenSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of tokens."""

    remember: bool = True
    """Whether tokens that were seen are remembered, so that their end is told while they are away."""


class SigningSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How documents are signed."""

    tsa: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^/\s]+\S*)?\Z")] = ""
    """URL of a time-stamping authority (RFC 3161), for signatures inside PDFs; empty for none. Its answers
    are signed, so ``http`` will do; it sees a digest and who asks."""


class UpdateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where new versions are told of; without an address nothing is asked."""

    enabled: bool = True
    """False where a package manager updates: the policy then says so."""
    url: Annotated[
        str, msgspec.Meta(pattern=r"^(https://[^/]+|http://(localhost|127\.0\.0\.1)[:/]|\Z)")
    ] = ""
    """Base URL of a TUF repository: ``metadata/`` and ``targets/`` are below it."""
    root: Path | None = None
    """The repository's first root (root.json), which all trust begins with."""

    @property
    def is_on(self) -> bool:
        """Whether updates are looked for."""
        return self.enabled and bool(self.url)

    def __post_init__(self) -> None:
        """Refuse a repository nobody vouches for."""
        if self.url and self.root is None:
            raise ValueError("a repository needs root")


class NetworkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The way to authorities and updates; what is not said here is as the system has it."""

    proxy: Annotated[
        str, msgspec.Meta(pattern=r"^(direct|http://(\[[0-9a-f:]+\]|[\w.-]+)(:\d{1,5})?/?)?\Z")
    ] = ""
    """``http://host:port``, or ``direct`` for none; empty for the system's. No password: others read it."""
    pac: Annotated[
        str, msgspec.Meta(pattern=r"^((https?|file)://\S+|(/|[A-Za-z]:\\)[^\n]*)?\Z")
    ] = ""
    """URL or path of a proxy auto-configuration program; asked where no proxy is named above."""
    bypass: tuple[str, ...] = ()
    """Hosts that are reached without that proxy; ``*.example.cn`` means those below."""
    ca: Path | None = None
    """File (PEM or DER) of the company's own authorities, for updates; others are pinned to their own."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be configured."""

    language: Language | None = None
    """None follows the desktop."""
    modules: tuple[ConfiguredModule, ...] | None = msgspec.field(name="module", default=None)
    """PKCS#11 modules to serve, or to leave alone."""
    discover_modules: bool | None = None
    """Whether to look for others too; None does where no module is configured to be served."""
    authorities: tuple[AuthoritySettings, ...] = msgspec.field(name="authority", default=())
    reminders: ReminderSettings = ReminderSettings()
    renewals: RenewalSettings = RenewalSettings()
    tokens: TokenSettings = TokenSettings()
    signing: SigningSettings = SigningSettings()
    trust_store: Path | None = None
    """Folder of certificates, or a file (PEM or DER): authorities trusted beside the trust anchors above."""
    identity_oids: tuple[IdentityOid, ...] = msgspec.field(name="identity_oid", default=())
    """Extensions that carry an organisation's identity; they come before those known already."""
    browser: BrowserSettings = BrowserSettings()
    updates: UpdateSettings = UpdateSettings()
    network: NetworkSettings = NetworkSettings()
    portals: tuple[PortalSettings, ...] = msgspec.field(name="portal", default=())
    autostart: bool | None = None
    """Whether the agent is to start at login; it sees to that at each start. None leaves it as it is."""
    poll_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 5.0
    """How often a module without insertion events is listed."""

    @property
    def looks_around(self) -> bool:
        """Whether modules that are not configured are looked for."""
        if self.discover_modules is not None:
            return self.discover_modules
        modules = self.modules
        # An empty list says "none"; one that only switches modules off asks for the others.
        return modules is None or (bool(modules) and not any(m.enabled for m in modules))


def load_config(paths: Paths) -> Config:
    """Read the user's configuration under the administrator's policy.

    Raises:
        ConfigError: a file is not TOML, or a key is unknown or of the wrong type.
    """
    merged: dict[str, Any] = {}
    for file in dict.fromkeys((paths.config_file, paths.policy_file)):
        merged = merged_with(merged, with_absolute_paths(file, _read(file)))
    return checked(paths.config_file, merged)


def with_absolute_paths(file: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Return checked values whose paths no longer depend on the file: the other one may be merged in."""
    authorities = [
        {**authority, **_absolute(file, authority, "trust_anchor", "password_file")}
        for authority in values.get("authority", ())
    ]
    absolute: dict[str, Any] = {"authority": authorities} if authorities else {}
    if "trust_store" in values:
        absolute["trust_store"] = str(file.parent / values["trust_store"])
    if "updates" in values:
        absolute["updates"] = {**values["updates"], **_absolute(file, values["updates"], "root")}
    if "network" in values:
        absolute["network"] = {**values["network"], **_absolute(file, values["network"], "ca")}
    return {**values, **absolute}


def _absolute(file: Path, values: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: str(file.parent / values[name]) for name in names if name in values}


def _read(file: Path) -> dict[str, Any]:
    try:
        see_to_writers(file)
        text = read_text_file(file)
    except FileNotFoundError:
        return {}
    except (OSError, TextEncodingError, UntrustedFileError) as error:
        raise ConfigError(file=str(file), reason=reason_of(error)) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file=str(file), reason=str(error)) from error
    checked(file, values)
    return values


def checked(file: Path, values: dict[str, Any]) -> Config:
    """Return the configuration ``values`` tell, relative paths being relative to ``file``.

    Raises:
        ConfigError: a key is unknown or of the wrong type.
    """

    def decode(kind: type, value: Any) -> Any:  # noqa: ANN401 - msgspec's hook
        if kind is Path:
            return file.parent / value  # a relative path is relative to its file
        raise NotImplementedError

    try:
        return converted(values, Config, dec_hook=decode)
    except msgspec.ValidationError as error:
        raise ConfigError(file=str(file), reason=str(error)) from error


def merged_with(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return the values of both, key by key; those of ``above`` win."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both_tables = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = merged_with(old or {}, value) if both_tables else value
    return merged
