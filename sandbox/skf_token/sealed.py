"""What is sealed for an SM2 key, as blobs carry it: ECCCIPHERBLOB (6.4.7)."""

from __future__ import annotations

from dataclasses import dataclass

from agent.keys import sm2
from sandbox.skf_token import sm2_keys
from sandbox.skf_token.call import Call
from sandbox.skf_token.codes import Sar, SkfError


@dataclass(frozen=True)
class Cipher:
    """C1, C3 and C2 (GB/T 32918.4, 6.1)."""

    x: int
    y: int
    digest: bytes
    text: bytes

    def opened(self, private: bytes) -> bytes:
        """Return what is sealed; DATA where it is for another key, or damaged."""
        try:
            point = sm2.point_of(self.x, self.y)
            if not sm2.is_point(point) or not self.text:
                raise ValueError("no point of the curve, or nothing sealed")  # noqa: TRY301
            return sm2_keys.opened(private, point, self.digest, self.text)
        except (ValueError, OverflowError) as error:
            raise SkfError(Sar.DATA) from error


def take_cipher(call: Call) -> Cipher:
    """Take a blob field by field; DATA_LENGTH where it was too short to be one."""
    if not call.fields:
        raise SkfError(Sar.DATA_LENGTH)
    x, y = (int.from_bytes(call.bytes(), "big") for _ in range(2))
    return Cipher(x, y, call.bytes(), call.bytes())
