"""What is sealed for an SM2 key, as blobs carry it: ECCCIPHERBLOB (6.4.7)."""

from __future__ import annotations

from dataclasses import dataclass

from agent.keys import sm2
from agent.keys.sm2_cipher import Sm2Cipher
from sandbox.private_keys import Sm2PrivateKey
from sandbox.skf_token.call import Call
from sandbox.skf_token.codes import Sar, SkfError
from sandbox.skf_token.state import Half


@dataclass(frozen=True)
class SealedBlob:
    """C1 as two numbers of 64 bytes, C3, C2 (GB/T 32918.4, 6.1); not looked at yet."""

    x: bytes
    y: bytes
    digest: bytes
    text: bytes

    @classmethod
    def taken(cls, call: Call) -> SealedBlob:
        """Take a blob field by field; DATA_LENGTH where it was too short to be one."""
        if not call.fields:
            raise SkfError(Sar.DATA_LENGTH)
        return cls(*(call.bytes() for _ in range(4)))

    def opened(self, half: Half) -> bytes:
        """Return what is sealed for a pair; DATA where it is for another, or damaged."""
        try:
            point = sm2.point_of(*(int.from_bytes(number, "big") for number in (self.x, self.y)))
            return private_key(half).opened(Sm2Cipher.checked(point, self.digest, self.text))
        except (ValueError, OverflowError) as error:
            raise SkfError(Sar.DATA) from error


def private_key(half: Half) -> Sm2PrivateKey:
    """Return a pair of SM2 as the sandbox has it."""
    return Sm2PrivateKey(int.from_bytes(half.private, "big"), half.public)
