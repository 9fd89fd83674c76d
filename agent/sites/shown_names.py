"""How a name is shown to a person: in its own characters where they can be taken for no others. Pure.

The rule is stricter than any browser's, since the whole address in ASCII stands beside it. A label
(``xn--…``, RFC 5890) is shown in its own characters where it is

- Chinese ideographs, with ASCII letters and digits as Chinese names have them; those of few strokes, which
  look like a dash or a slash among letters, only without letters and digits; or
- letters of one other script below a top-level domain of the same script, as in ``пример.рф``: the same
  letters below ``.com`` can be Latin ones to look at.

Any other label stays as it is written: mixed scripts, Latin letters with marks, what has another form
in Unicode's compatibility normalisation, what is no label at all.
"""

from __future__ import annotations

import re
import unicodedata

_PREFIX = "xn--"
_CHINESE = "CJK UNIFIED IDEOGRAPH"
_PLAIN = re.compile("[a-z0-9]")
_NOT_IN_NAMES = re.compile("[\0-,./:-`{-\x7f]")
"""ASCII that no name has (RFC 5890, 2.3.1), as a colon in front of what passes for a port."""
_FEW_STROKES = frozenset("一丨丶丿乀乁乙乚乛亅工口卜")
"""Ideographs that pass for punctuation, digits or letters among such."""


def shown_name(host: str) -> str:
    """Return a host in A-labels as it is shown."""
    labels = host.split(".")
    top = _scripts(_decoded(labels[-1]))
    return ".".join(_shown_label(label, top) for label in labels)


def _shown_label(label: str, top: frozenset[str]) -> str:
    text = _decoded(label)
    scripts = _scripts(text)
    if scripts == {_CHINESE}:
        is_name = not _NOT_IN_NAMES.search(text)
        is_clear = is_name and not (_PLAIN.search(text) and _FEW_STROKES.intersection(text))
    else:
        is_known = len(scripts) == 1 and "" not in scripts
        is_clear = is_known and scripts == top and not any(map(str.isascii, text))
    return text if is_clear else label


def _decoded(label: str) -> str:
    """Return what an A-label stands for; the label itself where it stands for nothing of its own."""
    coded = label.removeprefix(_PREFIX)
    if coded == label:
        return label
    try:
        text = coded.encode("ascii").decode("punycode")
        is_label = text.encode("punycode") == coded.encode("ascii")
    except UnicodeError:
        return label
    is_canonical = unicodedata.normalize("NFKC", text).casefold() == text
    return text if is_label and is_canonical else label


def _scripts(text: str) -> frozenset[str]:
    """Return the scripts of what is not ASCII, as the names of its letters begin; "" for anything else."""
    return frozenset(_script(character) for character in text if not character.isascii())


def _script(character: str) -> str:
    if not character.isalpha():
        return ""
    name = unicodedata.name(character, "")
    return _CHINESE if name.startswith(_CHINESE) else name.partition(" ")[0]
