"""What a scan is by its content; names and declared types are not believed."""

from __future__ import annotations

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)


def media_type(content: bytes) -> str | None:
    """Return the media type of an image by its first bytes; None for anything else."""
    return next((name for start, name in _SIGNATURES if content.startswith(start)), None)
