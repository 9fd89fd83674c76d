"""From a message of the library to its answer: the function, and what is to go wrong with it."""

from __future__ import annotations

import random

from sandbox.skf_token.bus import Bus, Client
from sandbox.skf_token.call import Answer, Call, CrashError, Functions
from sandbox.skf_token.calls import (
    access,
    applications,
    containers,
    devices,
    keys,
    rsa_pairs,
    sm2_pairs,
)
from sandbox.skf_token.codes import SM2_1, Sar, SkfError
from sandbox.skf_token.faults import ENDINGS, OF_LISTS, Rule
from sandbox.skf_token.names import spoilt
from sandbox.skf_token.wire import Fields, Value

FUNCTIONS: Functions = {
    **devices.FUNCTIONS,
    **access.FUNCTIONS,
    **applications.FUNCTIONS,
    **containers.FUNCTIONS,
    **rsa_pairs.FUNCTIONS,
    **sm2_pairs.FUNCTIONS,
    **keys.FUNCTIONS,
}
_CLAIMED = 1 << 31
_NO_KIND = 0
_DRAFT_FIELD = 64


def answer(bus: Bus, client: Client, name: str, fields: Fields) -> Answer:
    """Do what a call asks, and return its code, what the library is to do wrong, and what is given.

    Whoever calls holds ``bus.changed``. WireError where arguments are missing.
    """
    bus.calls[name] += 1
    client.calls[name] += 1
    rule = client.plan.fault(name, client.calls[name]) or bus.plan.fault(name, client.calls[name])
    call = Call(bus, client, fields, name)
    try:
        return _said(*_done(call)) if rule is None else _wrong(call, rule)
    except CrashError:
        return _said(Sar.FAIL, fault="crash")


def _done(call: Call) -> Answer:
    """Do it, and return the code and what is given."""
    function = FUNCTIONS.get(call.name)
    try:
        return (Sar.NOT_SUPPORTED,) if function is None else (Sar.OK, *function(call))
    except SkfError as error:
        return (error.code, *error.given)


def _wrong(call: Call, rule: Rule) -> Answer:
    undone = _undone(rule)
    if undone is not None:
        return undone
    code, *given = _done(call)
    fault = ""
    if rule.kind in OF_LISTS:
        given = [spoilt(value, rule.kind) if isinstance(value, bytes) else value for value in given]
    elif rule.kind == "garbage":
        given = [_garbage(value) for value in given]
    else:
        fault = rule.kind.removesuffix("_after")
    return _said(code, *given, fault=fault)


def _undone(rule: Rule) -> Answer | None:
    """Return what is told where nothing is done; None where it is."""
    if rule.code is not None:
        return _said(rule.code)
    if rule.kind in ENDINGS:
        return _said(Sar.FAIL, fault=rule.kind)
    told: dict[str, Answer] = {
        "lies": (),
        "at_once": (b"", 0),
        "older_draft": (_NO_KIND, _draft_blob()),
    }
    return _said(Sar.OK, *told[rule.kind]) if rule.kind in told else None


def _said(code: Value, *given: Value, fault: str = "") -> Answer:
    return (code, fault.encode(), _CLAIMED, *given)


def _garbage(value: Value) -> Value:
    """The same "random" bytes in every run: a test fails every time or never."""
    size = len(value) if isinstance(value, bytes) else 4
    noise = random.Random(size).randbytes(size)  # noqa: S311 - for nobody to guess
    return noise if isinstance(value, bytes) else int.from_bytes(noise, "little")


def _draft_blob() -> bytes:
    """Return ECCPUBLICKEYBLOB with AlgID before BitLen, ULONG of 4 bytes."""
    numbers = SM2_1.to_bytes(4, "little") + (256).to_bytes(4, "little")
    return numbers + bytes(2 * _DRAFT_FIELD)
