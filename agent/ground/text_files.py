"""The one reader of text files that people write: in whatever way their editor has saved them.

Editors of Windows begin UTF-8 with a byte order mark, save "Unicode" as UTF-16, end lines with CR LF, and
save "ANSI" in GBK. The last cannot be told from other encodings for sure, so it is not taken, but named.
"""

from __future__ import annotations

import codecs

from agent.ground import held_files
from agent.ground.language import mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.ground.held_files import FileName

_MARKS = (
    # UTF-32's begins with the same two bytes as UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class TextEncodingError(ValueError):
    """A text file is not in UTF-8; the text is a marked sentence that says what to do."""


def read_text_file(file: FileName) -> str:
    """Return the text of a file a person has written; lines end with a line feed.

    Raises:
        OSError: it cannot be read.
        TextEncodingError: it is in another encoding.
    """
    return written_text(held_files.read_bytes(file))


def written_text(content: bytes) -> str:
    """Return the text of such a file's content, without a byte order mark.

    Raises:
        TextEncodingError: it is neither UTF-8 nor, with a byte order mark, UTF-16 or UTF-32.
    """
    found = next((each for each in _MARKS if content.startswith(each[0])), (b"", "utf-8"))
    try:
        text = content[len(found[0]) :].decode(found[1])
    except UnicodeDecodeError as error:
        raise TextEncodingError(_what_it_is(content)) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _what_it_is(content: bytes) -> str:
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return mark("it is not in UTF-8; save it as UTF-8 in your editor")
    return mark("it is in GBK (ANSI), not in UTF-8; save it as UTF-8 in your editor")
