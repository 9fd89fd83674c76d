"""Texts as a module gives them, made fit to be shown: a token's label is nobody's to be trusted."""

from __future__ import annotations

import functools

from agent.ground.encodings import guessed_text

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@functools.lru_cache(maxsize=256)
def printable(value: str | bytes, *, may_be_cut: bool = False) -> str:
    """Return ``value`` without padding, and without what would steer a terminal or turn text round.

    At each listing most texts are those of the one before, so that their outcome is kept.
    Bytes need not be UTF-8, as PKCS#11 has it: tokens of Chinese vendors are labelled in GBK, too.

    Args:
        value: a text.
        may_be_cut: whether it is bytes of a field that may have been too short for it.
    """
    if isinstance(value, bytes):
        value = guessed_text(value.rstrip(b" \0"), may_be_cut=may_be_cut)
    text = value.strip(" \0")
    return (text if text.isprintable() else "".join(map(_shown, text))).strip()


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else REPLACEMENT
