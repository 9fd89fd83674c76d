"""Breaks DER as no flipped bit does: parts go, come twice, stand empty; all lengths stay right."""

from __future__ import annotations

import random

from agent.keys.der import Element, Tag, elements, read_element
from agent.keys.der_writing import encoded

TAGS = (*Tag, 0x05, 0x80, 0xA0, 0xA1)


def broken(der: bytes, chance: random.Random) -> bytes:
    """Return ``der`` with one thing or another wrong in it."""
    return _broken(read_element(der), chance)


def _broken(element: Element, chance: random.Random) -> bytes:
    parts = _parts(element)
    if parts is None:
        return _broken_leaf(element, chance)
    match chance.randrange(40):
        case 0:
            parts = []
        case 1 if parts:
            parts.pop(chance.randrange(len(parts)))
        case 2 if parts:
            parts.insert(chance.randrange(len(parts)), chance.choice(parts))
        case 3:
            chance.shuffle(parts)
    return encoded(element.tag, *(_broken(part, chance) for part in parts))


def _broken_leaf(element: Element, chance: random.Random) -> bytes:
    match chance.randrange(80):
        case 0 | 1:
            return encoded(element.tag, b"")
        case 2 | 3:
            return encoded(chance.choice(TAGS), element.content)
        case 4:
            return encoded(element.tag, element.content + bytes(chance.choice((1, 200))))
        case 5:
            return encoded(element.tag, chance.randbytes(len(element.content)))
    return element.encoded


def _parts(element: Element) -> list[Element] | None:
    """Return what an element consists of, also where it is DER within octets; None of a value."""
    if not element.tag & 0x20:
        return None
    try:
        return list(elements(element.content))
    except ValueError:
        return None
