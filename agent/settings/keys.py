"""The keys of the configuration one by one, as ``reminders.thresholds``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from agent.ground.language import mark
from agent.settings.config import Config, ConfigError, checked

LIVE = frozenset(
    {
        "authority",
        "autostart",
        "browser.allow",
        "browser.allow_decrypt",
        "browser.allow_login",
        "browser.allow_sign",
        "browser.allow_sign_hash",
        "browser.deny",
        "browser.deny_decrypt",
        "browser.deny_login",
        "browser.deny_sign",
        "discover_modules",
        "identity_oid",
        "language",
        "module",
        "network.bypass",
        "network.ca",
        "network.pac",
        "network.proxy",
        "poll_seconds",
        "portal",
        "reminders.notifications",
        "reminders.quiet_hours",
        "reminders.thresholds",
        "renewals.abandoned_after_days",
        "signing.tsa",
        "tokens.remember",
        "trust_store",
    }
)
"""What takes effect when the file is saved; anything else when the agent starts again."""

POLICY_ONLY = frozenset({"browser.allow_sign_hash"})
"""What the administrator alone decides: in the user's file it counts for nothing."""

TITLES = {
    "language": mark("Language"),
    "module": mark("Token drivers"),
    "discover_modules": mark("Look for other token drivers"),
    "authority": mark("Certification authorities"),
    "reminders.thresholds": mark("Remind so many days before expiry"),
    "reminders.notifications": mark("Show notices"),
    "reminders.quiet_hours": mark("Quiet hours"),
    "renewals.abandoned_after_days": mark("Days a renewal waits for a person"),
    "tokens.remember": mark("Remember tokens that are not plugged in"),
    "signing.tsa": mark("Time-stamping authority"),
    "trust_store": mark("Trusted authorities"),
    "identity_oid": mark("Further numbers of organisations"),
    "portal": mark("Popular applications"),
    "browser.allow": mark("Sites that may ask"),
    "browser.register": mark("Register with this user's browsers"),
    "browser.deny": mark("Sites that may not ask"),
    "browser.allow_login": mark("Sites that may ask for a log-in"),
    "browser.deny_login": mark("Sites that may not ask for a log-in"),
    "browser.allow_sign": mark("Sites known for asking for signatures"),
    "browser.deny_sign": mark("Sites that may not ask for signatures"),
    "browser.allow_decrypt": mark("Sites known for asking to decrypt"),
    "browser.deny_decrypt": mark("Sites that may not ask to decrypt"),
    "browser.allow_sign_hash": mark("Sites that may have hashes signed"),
    "autostart": mark("Start at login"),
    "updates.enabled": mark("Look for updates"),
    "updates.url": mark("Server of updates"),
    "updates.root": mark("Key of updates"),
    "network.proxy": mark("Proxy"),
    "network.pac": mark("Proxy auto-configuration (PAC)"),
    "network.bypass": mark("Reached without the proxy"),
    "network.ca": mark("The company's own authorities"),
    "poll_seconds": mark("Seconds between looks at drivers without events"),
}

_HEADER = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")


def _leaves(struct: type[msgspec.Struct], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each key and its default; a table's keys one by one."""
    for field in msgspec.structs.fields(struct):
        default = field.default
        if isinstance(default, msgspec.Struct):
            yield from _leaves(type(default), f"{prefix}{field.encode_name}.")
        else:
            yield f"{prefix}{field.encode_name}", default


DEFAULTS: Mapping[str, Any] = dict(_leaves(Config))
"""All keys, with what holds where nobody says anything."""


def flattened(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by key; a table that should be none, or has unknown keys, as it is."""
    tables = {key.partition(".")[0] for key in DEFAULTS if "." in key}
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if key in tables and isinstance(value, dict):
            flat |= {f"{key}.{inner}": content for inner, content in value.items()}
        else:
            flat[key] = value
    return flat


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by key as a configuration file has them."""
    values: dict[str, Any] = {}
    for key, value in flat.items():
        table, _, name = key.rpartition(".")
        if table:
            values.setdefault(table, {})[name] = value
        else:
            values[key] = value
    return values


def why_wrong(file: Path, key: str, value: object) -> str | None:
    """Return what is wrong with one key by itself, or None."""
    try:
        checked(file, nested({key: value}))
    except ConfigError as error:
        return str(error.values["reason"])
    return None


def line_of(text: str, key: str, entry: int = 0) -> int:
    """Return the line (from 1) on which a TOML text has ``key``; 0 where it is not found.

    Of a list of tables, ``[[key]]``, that of the given entry (from 0).
    """
    wanted_table, _, name = key.rpartition(".")
    quoted = rf"[\"']?{re.escape(name)}[\"']?"
    as_table = re.compile(rf"\s*\[+\s*{quoted}\s*[\].]")
    in_table = re.compile(rf"\s*{quoted}\s*[.=]")
    in_full = re.compile(rf"\s*{re.escape(key)}\s*=")
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[1].strip("\"'")
        is_here = table == wanted_table and in_table.match(line) is not None
        is_dotted = not table and in_full.match(line) is not None
        if is_here or is_dotted:
            return number
        if not wanted_table and as_table.match(line):
            if not entry:
                return number
            entry -= 1
    return 0


def value_in(config: Config, key: str) -> Any:  # noqa: ANN401 - each key has its own type
    """Return what holds for ``key``."""
    names = {field.encode_name: field.name for field in msgspec.structs.fields(Config)}
    table, _, name = key.rpartition(".")
    holder = getattr(config, names[table]) if table else config
    return getattr(holder, name if table else names[name])


def plain(value: object) -> object:
    """Return a value as JSON has it; paths and enums as text."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=str))
