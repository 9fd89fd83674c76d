"""The numbers of GM/T 0016-2012: codes that calls return (annex A), algorithms (GM/T 0006), PIN types."""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class Sar(IntEnum):
    """What a call returns."""

    OK = 0
    FAIL = 0x0A000001
    NOT_SUPPORTED = 0x0A000003
    INVALID_HANDLE = 0x0A000005
    INVALID_PARAMETER = 0x0A000006
    NAME_LENGTH = 0x0A000009
    KEY_USAGE = 0x0A00000A
    MODULUS_LENGTH = 0x0A00000B
    NOT_INITIALISED = 0x0A00000C
    TIMEOUT = 0x0A00000F
    DATA_LENGTH = 0x0A000010
    DATA = 0x0A000011
    RSA_DECRYPTION = 0x0A000019
    KEY_NOT_FOUND = 0x0A00001B
    CERTIFICATE_NOT_FOUND = 0x0A00001C
    PADDING = 0x0A00001E
    BUFFER_TOO_SMALL = 0x0A000020
    NO_EVENT = 0x0A000022
    DEVICE_REMOVED = 0x0A000023
    PIN_INCORRECT = 0x0A000024
    PIN_LOCKED = 0x0A000025
    PIN_INVALID = 0x0A000026
    PIN_LENGTH = 0x0A000027
    USER_TYPE = 0x0A00002A
    APPLICATION_EXISTS = 0x0A00002C
    NOT_LOGGED_IN = 0x0A00002D
    NO_APPLICATION = 0x0A00002E
    FILE_EXISTS = 0x0A00002F
    NO_ROOM = 0x0A000030
    FILE_MISSING = 0x0A000031
    MOST_CONTAINERS = 0x0A000032


class SkfError(Exception):
    """A call that failed: the code it returns, and what it gives all the same."""

    def __init__(self, code: int, *given: int) -> None:
        super().__init__(f"{code:#010x}")
        self.code = code
        self.given = given


@unique
class PinType(IntEnum):
    """Whose PIN it is (6.4.13)."""

    ADMINISTRATOR = 0
    USER = 1


@unique
class KeyKind(IntEnum):
    """What SKF_GetContainerType says of a container."""

    EMPTY = 0
    RSA = 1
    SM2 = 2


SM1_ECB = 0x0101
SM4_ECB = 0x0401
SM4_CBC = 0x0402
SM3 = 0x0001
RSA = 0x00010000
SM2_1 = 0x00020100
"""SM2 signatures as vendors' headers number them; GM/T 0006 has 0x00020200."""
SM2_3 = 0x00020800
"""SM2 encryption."""
