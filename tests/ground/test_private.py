"""No fact of the agent prints a PIN, a code, a secret or what is known of a person."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from functools import cached_property

import msgspec
import pytest

import agent
import native_host

NEEDS_A_SCREEN = {"agent.desktop.tray"}
SECRET = re.compile(
    r"(.*_)?(pin|puk|secret|password|passphrase|id_number|phone|email|applicant|character)"
)
"""Names of fields that hold one; what only says something about it is called otherwise."""
WRITTEN = re.compile(r"\b(str|bytes|bytearray|Fields)\b")
"""In which types: others are facts of their own, each of which is looked at."""
CODES = re.compile(r"Sms.*")
PRINTED = "printed-all-the-same"


def modules() -> Iterator[object]:
    for package in (agent, native_host):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name not in NEEDS_A_SCREEN and not found.name.endswith("__main__"):
                importlib.import_module(found.name)
                yield sys.modules[found.name]


def facts() -> list[type]:
    found = {
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__
        if dataclasses.is_dataclass(value) or issubclass(value, msgspec.Struct)
    }
    return sorted(found, key=lambda each: (each.__module__, each.__qualname__))


def fields(fact: type) -> dict[str, str]:
    hints = [getattr(each, "__annotations__", {}) for each in reversed(fact.__mro__)]
    is_struct = issubclass(fact, msgspec.Struct)
    names = fact.__struct_fields__ if is_struct else fact.__dataclass_fields__
    return {name: str(type_) for each in hints for name, type_ in each.items() if name in names}


def secrets(fact: type) -> set[str]:
    def is_secret(name: str) -> bool:
        is_code = name == "code" and CODES.fullmatch(fact.__name__)
        return bool(is_code or SECRET.fullmatch(name))

    return {n for n, type_ in fields(fact).items() if is_secret(n) and WRITTEN.search(type_)}


@pytest.fixture(scope="module", name="facts")
def facts_of_all_modules() -> list[type]:
    return facts()


def test_nothing_secret_is_printed(facts):
    printed = []
    for fact in facts:
        if hidden := secrets(fact):
            made = fact(**{name: PRINTED if name in hidden else name for name in fields(fact)})
            printed += [fact] if PRINTED in repr(made) else []
    assert not printed


def test_the_walk_finds_what_is_known_to_be_secret(facts):
    found = {fact.__name__ for fact in facts if secrets(fact)}
    assert {"Applicant", "Credentials", "SmsParams", "SharedSecret", "TokenAccess"} <= found


def test_no_struct_is_to_keep_what_it_has_no_room_for(facts):
    """A struct has no ``__dict__``: a cached property of one fails where it is first asked for."""
    kept = [
        f"{fact.__name__}.{name}"
        for fact in facts
        if issubclass(fact, msgspec.Struct) and not fact.__struct_config__.dict
        for each in fact.__mro__
        for name, value in vars(each).items()
        if isinstance(value, cached_property)
    ]
    assert not kept
