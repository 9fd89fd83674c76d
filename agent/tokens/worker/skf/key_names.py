"""What key pairs are called by the containers they are in. Pure."""

from __future__ import annotations

from agent.tokens.model import KEY_NAME_BYTES, KeyName
from agent.tokens.worker.skf.codes import Half

_PAIRS = {Half.SIGNATURE: b"signature pair of ", Half.ENCRYPTION: b"encryption pair of "}
"""How pairs are called that the agent has not named. Each is longer than any name of the agent's."""


def key_name(container: bytes, half: Half) -> KeyName:
    """Return what the pair in a container is called.

    A container the agent made is called by the agent's random bytes in hexadecimal digits: ASCII, and no
    longer than the shortest limit on record.
    """
    if half is Half.SIGNATURE and len(container) == 2 * KEY_NAME_BYTES:
        try:
            given = bytes.fromhex(container.decode("ascii"))
        except ValueError:
            given = b""
        if given.hex().encode() == container:
            return given
    return _PAIRS[half] + container


def container_of(key: KeyName) -> tuple[bytes, Half]:
    """Return the container of a key, and which of its pairs it is.

    Raises:
        ValueError: no key is called so here.
    """
    if len(key) == KEY_NAME_BYTES:
        return key.hex().encode(), Half.SIGNATURE
    for half, called in _PAIRS.items():
        if key.startswith(called) and len(key) > len(called) and b"\0" not in key:
            return key.removeprefix(called), half
    raise ValueError("no key is called so")
