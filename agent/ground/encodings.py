"""Texts that do not say in which encoding they are. Pure."""

from __future__ import annotations

import codecs
import re
import unicodedata

# Compiled (and kept) by re when a text has something to be found: few have.
_BEYOND_TWO_BYTES = "[\u0800-\U0010ffff]"
_TWO_HAN = r"[^\x00-\x7f]{2}"
_IN_A_WORD = r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][a-z]"


def guessed_text(content: bytes, *, may_be_cut: bool = False) -> str:
    """Return what was most likely meant: UTF-8, GB 18030 (GBK and GB 2312 in it), or else Latin-1.

    Chinese in UTF-8 is UTF-8 by no accident. Two bytes of GBK may well be, and may be two Western
    letters as well: then one Chinese character alone inside a Western word is a letter of it.

    Args:
        content: bytes of some text.
        may_be_cut: whether half a character at the end is left out, as in fields of a fixed length.
    """
    if content.isascii():
        return content.decode("ascii")
    is_whole = not may_be_cut
    utf8, chinese = _decoded(content, "utf-8", is_whole), _decoded(content, "gb18030", is_whole)
    western = utf8 if utf8 is not None else content.decode("latin-1")
    if chinese is None or (utf8 is not None and re.search(_BEYOND_TWO_BYTES, utf8)):
        return western
    is_a_word = _is_a_word(western, chinese, may_be_several=utf8 is not None)
    return western if is_a_word else chinese


def _is_a_word(western: str, chinese: str, *, may_be_several: bool) -> bool:
    """Return whether the Western reading has letters only, and the Chinese one strews them in.

    Two letters side by side are two Chinese characters where each takes two bytes, as in UTF-8.
    """
    if chinese.isascii():
        return True
    if not re.search(_IN_A_WORD, chinese) or (re.search(_TWO_HAN, chinese) and not may_be_several):
        return False
    return all(c.isascii() or unicodedata.category(c)[0] == "L" for c in western)


def _decoded(content: bytes, codec: str, is_whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(codec)().decode(content, is_whole)
    except UnicodeDecodeError:
        return None
