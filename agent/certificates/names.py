"""Names in certificates: read in whatever string type they are, and made harmless to show."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from agent.certificates.model import Oddity
from agent.ground.encodings import guessed_text
from agent.ground.harmless import harmless, is_hidden
from agent.keys.der import DerError, Element, Tag, dotted, elements, read_element

MAX_SHOWN = 128
"""Characters of an organisation's name that are shown; X.520 allows it 64."""

COMMON_NAME = "2.5.4.3"
ORGANISATION = "2.5.4.10"
_SHORT = {
    COMMON_NAME: "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    ORGANISATION: "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}
"""RFC 4514, 3."""

_VERSION, _ISSUER, _SUBJECT = 0xA0, 2, 4
"""The tag of the part that may be missing, and the places of two among the others."""

_CODECS: dict[int, str] = {
    Tag.UTF8_STRING: "utf-8",
    Tag.NUMERIC_STRING: "ascii",
    Tag.PRINTABLE_STRING: "ascii",
    Tag.VISIBLE_STRING: "ascii",
    Tag.IA5_STRING: "ascii",
    Tag.TELETEX_STRING: "ascii",  # beyond which every authority meant something else
    Tag.BMP_STRING: "utf-16-be",
    Tag.UNIVERSAL_STRING: "utf-32-be",
}


class Attribute(msgspec.Struct, frozen=True):
    """One part of a name."""

    oid: str
    text: str
    """As it was written, harmless or not."""


class Name(msgspec.Struct):
    """A name as a list of RDNs, in the order of the certificate; what is odd about it is kept apart."""

    rdns: list[list[Attribute]] = msgspec.field(default_factory=list)
    oddities: set[Oddity] = msgspec.field(default_factory=set)

    def first(self, oid: str) -> str:
        """Return the first value of a type, fit to be shown; empty where there is none."""
        for attribute in (a for rdn in self.rdns for a in rdn):
            if attribute.oid == oid:
                return self._shown(attribute.text)
        return ""

    @property
    def organisation(self) -> str:
        """O, else CN, else empty."""
        return self.first(ORGANISATION) or self.first(COMMON_NAME)

    def rfc4514(self) -> str:
        """Return the name as a string; hidden characters appear as escaped bytes (RFC 4514, 2.4)."""
        return ",".join(
            "+".join(f"{_SHORT.get(a.oid, a.oid)}={_escaped(a.text)}" for a in rdn)
            for rdn in reversed(self.rdns)
        )

    def _shown(self, text: str) -> str:
        shown = harmless(text)
        if len(shown) > MAX_SHOWN:
            self.oddities.add(Oddity.LONG_NAME)
            shown = shown[: MAX_SHOWN - 1] + "…"
        return shown


def attributes_of(rfc4514: str) -> dict[str, str]:
    """Return the parts of a name by type, such as ``{"C": "CN", "O": …}``: of each the last in the string.

    Args:
        rfc4514: what :meth:`Name.rfc4514` returned.
    """
    parts = (part.partition("=") for part in re.split(r"(?<!\\)[,+]", rfc4514))
    return {kind: _unescaped(text) for kind, _, text in parts}


def read_name(element: Element) -> Name:
    """Return a Name as far as it can be read (RFC 5280, 4.1.2.4)."""
    name = Name()
    try:
        for rdn in elements(element.need(Tag.SEQUENCE)):
            name.rdns.append(list(_attributes(rdn, name.oddities)))
    except DerError:
        name.oddities.add(Oddity.NAME)
    if any(is_hidden(c) for rdn in name.rdns for a in rdn for c in a.text):
        name.oddities.add(Oddity.HIDDEN_CHARACTERS)
    return name


def read_text(element: Element) -> tuple[str, bool]:
    """Return the text of a string of any type, and whether it was encoded as its tag says."""
    codec = _CODECS.get(element.tag)
    if codec is not None:
        with contextlib.suppress(UnicodeDecodeError):
            return element.content.decode(codec), True
    return guessed_text(element.content), False


def subject_of(certificate: bytes) -> bytes:
    """Return the subject of a certificate (DER) as a Name (DER), byte for byte.

    Raises:
        DerError: it is not built like a certificate (RFC 5280, 4.1).
    """
    return _field(certificate, _SUBJECT)


def issuer_of(certificate: bytes) -> bytes:
    """Return the issuer of a certificate, as :func:`subject_of` its subject."""
    return _field(certificate, _ISSUER)


def _field(certificate: bytes, place: int) -> bytes:
    signed = read_element(read_element(certificate).need(Tag.SEQUENCE)).need(Tag.SEQUENCE)
    fields = [field for field in elements(signed) if field.tag != _VERSION]
    if len(fields) <= place:
        raise DerError("not all parts of a certificate")
    return fields[place].encoded


def same_name(one: bytes, other: bytes) -> bool:
    """Return whether two Names (DER) say the same, in whatever string types they say it."""
    if one == other:
        return True
    names = [read_name(read_element(der)) for der in (one, other)]
    if any(Oddity.NAME in name.oddities for name in names):
        return False
    said = [[sorted((a.oid, a.text) for a in rdn) for rdn in name.rdns] for name in names]
    return said[0] == said[1]


@lru_cache(maxsize=4096)
def comparable(name: str) -> str:
    """Return a name in the form in which it is compared (RFC 5280, 7.1; RFC 4518): case, width, spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _attributes(rdn: Element, oddities: set[Oddity]) -> Iterator[Attribute]:
    for attribute in elements(rdn.need(Tag.SET)):
        parts = list(elements(attribute.need(Tag.SEQUENCE)))
        if len(parts) != 2:
            raise DerError("type and value expected")
        text, is_right = read_text(parts[1])
        if not is_right:
            oddities.add(Oddity.TEXT)
        yield Attribute(dotted(parts[0].need(Tag.OID)), text)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([^0-9A-F])", r"\1", text)


def _escaped(text: str) -> str:
    """Escape a value (RFC 4514, 2.4)."""
    last = len(text) - 1
    return "".join(_escaped_character(c, i == 0, i == last) for i, c in enumerate(text))


def _escaped_character(character: str, is_first: bool, is_last: bool) -> str:
    if is_hidden(character):
        return "".join(f"\\{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
    has_meaning = character in '"+,;<>\\' or (character == "#" and is_first)
    if has_meaning or (character == " " and (is_first or is_last)):
        return f"\\{character}"
    return character
