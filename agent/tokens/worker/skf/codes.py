"""What SKF functions answer (GM/T 0016-2012, annex A), and the numbers they take (GM/T 0006)."""

from __future__ import annotations

from enum import IntEnum, unique

OK = 0


@unique
class Sar(IntEnum):
    """Error codes that mean something here."""

    FAIL = 0x0A000001
    NOT_SUPPORTED_YET = 0x0A000003
    INVALID_HANDLE = 0x0A000005
    INVALID_PARAM = 0x0A000006
    NAME_LENGTH = 0x0A000009
    KEY_USAGE = 0x0A00000A
    OBJECT = 0x0A00000D
    MEMORY = 0x0A00000E
    TIMEOUT = 0x0A00000F
    IN_DATA_LENGTH = 0x0A000010
    IN_DATA = 0x0A000011
    RSA_DECRYPTION = 0x0A000019
    KEY_NOT_FOUND = 0x0A00001B
    CERT_NOT_FOUND = 0x0A00001C
    DECRYPT_PAD = 0x0A00001E
    BUFFER_TOO_SMALL = 0x0A000020
    NOT_EVENT = 0x0A000022
    DEVICE_REMOVED = 0x0A000023
    PIN_INCORRECT = 0x0A000024
    PIN_LOCKED = 0x0A000025
    PIN_INVALID = 0x0A000026
    PIN_LENGTH_RANGE = 0x0A000027
    USER_PIN_NOT_INITIALIZED = 0x0A000029
    USER_NOT_LOGGED_IN = 0x0A00002D
    APPLICATION_NOT_EXISTS = 0x0A00002E
    NO_ROOM = 0x0A000030
    REACHED_MOST_CONTAINERS = 0x0A000032


@unique
class Half(IntEnum):
    """Which pair of a container: the BOOL ``bSignFlag``."""

    ENCRYPTION = 0
    SIGNATURE = 1


USER = 1
"""The user's PIN; the administrator's, 0, is never touched."""
SM4_ECB = 0x401
SM4_CBC = 0x402
SM2_SIGNATURE = 0x00020100
"""SGD_SM2_1 as all vendors' headers have it."""
SM2_SIGNATURE_OF_GMT_0006 = 0x00020200
"""SGD_SM2_1 as GM/T 0006 has been read by others; asked for only where the first is refused."""


UNOPENED = (
    Sar.FAIL,
    Sar.INVALID_PARAM,
    Sar.IN_DATA_LENGTH,
    Sar.IN_DATA,
    Sar.DECRYPT_PAD,
    Sar.RSA_DECRYPTION,
    Sar.KEY_NOT_FOUND,
)
"""What libraries say of something that is not for the key it is to be opened with, or of no such key."""


class SkfError(Exception):
    """A function answered with an error, or with something that cannot be meant."""

    def __init__(self, call: str, code: int, said: str = "") -> None:
        """Tell of ``code`` of the function ``call``; ``said`` where it is not the code that is wrong."""
        super().__init__(call, code)
        self.call = call
        self.code = code
        self.said = said

    def __str__(self) -> str:
        if self.said:
            return f"{self.call}: {self.said}"
        known = {code.value: code.name for code in Sar}
        return " ".join(filter(None, (f"{self.call}: 0x{self.code:08X}", known.get(self.code))))
