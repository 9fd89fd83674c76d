"""What a token is to do wrong, as text: ``SKF_ECCSignData=crash@3, SKF_EnumDev=one_nul, must_login``.

A function's fault is one of :data:`FAULTS` or a code in hexadecimal such as ``0x0A000001``. ``@n``: from its
n-th call by this client on, ``!n``: in that call alone. What is not of one function is one of :data:`QUIRKS`,
some with a value. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.home import SandboxError

ENDINGS = frozenset({"crash", "abort", "exit", "hang"})
"""The call does not come back, and nothing is done; with ``_after`` it is done before."""
LINGERING = frozenset({"slow", "leak", "stdout", "unloading", "stays"})
"""It works, and takes 2 s, or 50 MiB, or prints, or the process crashes where the library is unloaded,
or does not end there."""
IN_BUFFERS = frozenset({"claims", "ignores_size", "overruns", "size_without"})
"""How a result is written: a size of 2 GiB told and nothing written; all of it, whatever room there is;
4 KiB more than there is; a list whose size is told without its last NUL."""
OF_LISTS = frozenset({"nothing", "one_nul", "three_nuls", "many", "endless"})
"""Names: no bytes at all; no second NUL; three; the first name 10,000 times; 64 KiB without a NUL."""
OF_ANSWERS = frozenset({"lies", "garbage", "at_once", "older_draft"})
"""SAR_OK and nothing done; other bytes than the right ones; an event that is none (WaitForDevEvent); a public
key as drafts before the standard had it (ExportPublicKey)."""
FAULTS = (
    ENDINGS | {f"{kind}_after" for kind in ENDINGS} | LINGERING | IN_BUFFERS | OF_LISTS | OF_ANSWERS
)
QUIRKS: Mapping[str, str] = {
    "empty_certificate": "of an empty place: 'ok' with no bytes, 'fail' SAR_FAIL; else CERTNOTFOUND",
    "encryption_only": "a container has no pair that signs, and makes none",
    "gbk": "names are in GBK",
    "hides": "a device of this name is not seen",
    "imports_anything": "an encryption key is taken however its blob is made, and is useless then",
    "locked_says_invalid_handle": "VerifyPIN after the last try, and tells no number",
    "login_per_client": "a login is the process's that gave the PIN, and ends with it",
    "must_login": "certificates and public keys can be read by the user alone",
    "name_bytes": "how long a container's name may be, else 64",
    "no_sm4": "no session key of SM4 is taken",
    "one_device": "all open handles mean the device and application that were opened last",
    "sm2_1": "the one algorithm a pair that signs is made by, else 0x00020100",
    "wrong_kind_crashes": "the process that gives a handle of another kind crashes",
}
"""By name: what is done wrong; where it takes a value, what that may be."""
_ITEM = re.compile(r"(?P<name>\w+)(=(?P<value>[\w.-]+))?(?P<turn>[@!]\d+)?")


def described() -> str:
    """Return what can be done wrong, a line for each."""
    kinds = " ".join(sorted(FAULTS))
    quirks = "\n".join(f"  {name:28}{what}" for name, what in QUIRKS.items())
    return f"faults of a function (SKF_…=), or a code in hexadecimal:\n  {kinds}\nand besides:\n{quirks}"


@dataclass(frozen=True)
class Rule:
    """One function's fault, and in which of its calls."""

    kind: str
    first: int = 1
    only: int | None = None

    def holds(self, number: int) -> bool:
        """Return whether it is that call's turn."""
        return number >= self.first if self.only is None else number == self.only

    @property
    def code(self) -> int | None:
        """What it returns, where it is a code."""
        return int(self.kind, 16) if self.kind.startswith("0x") else None


@dataclass(frozen=True)
class Plan:
    """All that is to go wrong."""

    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    quirks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Plan:
        """Return what ``text`` says.

        Raises:
            SandboxError: it names what is not known here; a misspelt fault must not pass for none.
        """
        rules: dict[str, tuple[Rule, ...]] = {}
        quirks = {}
        for item in filter(None, re.split(r"[\s,]+", text)):
            found = _ITEM.fullmatch(item)
            if found and found["name"].startswith("SKF_") and found["value"]:
                rule = _rule(found["value"], found["turn"] or "")
                rules[found["name"]] = (*rules.get(found["name"], ()), rule)
            elif found and found["name"] in QUIRKS and not found["turn"]:
                quirks[found["name"]] = found["value"] or ""
            else:
                raise SandboxError(f"no fault {item}")
        return cls(rules, quirks)

    def fault(self, name: str, number: int) -> Rule | None:
        """Return what goes wrong in the ``number``-th call of a function."""
        return next((rule for rule in self.rules.get(name, ()) if rule.holds(number)), None)


def _rule(kind: str, turn: str) -> Rule:
    is_code = re.fullmatch(r"0x[0-9A-Fa-f]{1,8}", kind) is not None
    if not is_code and kind not in FAULTS:
        raise SandboxError(f"no fault {kind}")
    number = int(turn[1:]) if turn else 1
    return Rule(kind, only=number) if turn.startswith("!") else Rule(kind, first=number)
