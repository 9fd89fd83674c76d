"""The card's application: what each instruction does.

The instructions are those OpenSC 0.23 sends to an IsoApplet (card-isoApplet.c, iso7816.c).
"""

from __future__ import annotations

import os
from collections.abc import Callable

from sandbox.usb_token import keys, tlv
from sandbox.usb_token.apdu import SHORT_MAXIMUM, Command
from sandbox.usb_token.files import FileSystem
from sandbox.usb_token.pins import PIN_REFERENCE, Pins
from sandbox.usb_token.state import ROOT, CardState
from sandbox.usb_token.status import CardError, StatusWord

AID = bytes.fromhex("f276a288bcfba69d34f31001")
VERSION = bytes.fromhex("000606")
"""Interface 0.6, with secure random numbers (02) and elliptic curves (04), with short APDUs only."""
_MAX_KEYS = 16
_RSA, _EC = 0xF3, 0xEC
_ALGORITHM, _KEY_REFERENCE = 0x80, 0x84
_NO_RESPONSE = 0x0C
_LOG_OUT = 0xFF


class Applet:
    """One card in a reader that has power: its memory, and what it forgets without power."""

    def __init__(self, state: CardState) -> None:
        self._state = state
        self._files = FileSystem(state.files)
        self._pins = Pins(state)
        self._environment: dict[int, bytes] = {}

    def reset(self) -> None:
        """Forget what a card forgets when its power goes."""
        self._files.current = ROOT
        self._pins.is_verified = False
        self._environment = {}

    def carry_out(self, command: Command) -> bytes:
        """Return the response's data.

        Raises:
            CardError: the command is refused.
        """
        instructions: dict[int, Callable[[Command], bytes | None]] = {
            0x20: self._verify,
            0x22: self._manage_security_environment,
            0x24: self._change_reference_data,
            0x2A: self._perform_security_operation,
            0x2C: self._reset_retry_counter,
            0x46: self._generate_key_pair,
            0x84: self._get_challenge,
            0xA4: self._select,
            0xB0: self._read_binary,
            0xD6: self._update_binary,
            0xDB: self._put_data,
            0xE0: self._create_file,
            0xE4: self._delete_file,
        }
        if command.ins not in instructions:
            raise CardError(StatusWord.UNKNOWN_INSTRUCTION)
        return instructions[command.ins](command) or b""

    def _select(self, command: Command) -> bytes:
        if (command.p1, command.data) == (0x04, AID):
            self.reset()  # an applet's own memory is lost when it is selected anew
            return VERSION
        self._files.select(command.p1, command.data)
        wants_nothing = command.p2 & _NO_RESPONSE == _NO_RESPONSE
        return b"" if wants_nothing else self._files.control_information()

    def _create_file(self, command: Command) -> None:
        self._files.create(command.data, is_verified=self._pins.is_verified)

    def _delete_file(self, command: Command) -> None:
        self._files.delete(command.data, is_verified=self._pins.is_verified)

    def _read_binary(self, command: Command) -> bytes:
        size = command.expected or SHORT_MAXIMUM
        return self._files.read(_offset(command), size, is_verified=self._pins.is_verified)

    def _update_binary(self, command: Command) -> None:
        self._files.update(_offset(command), command.data, is_verified=self._pins.is_verified)

    def _verify(self, command: Command) -> None:
        if command.p1 not in (0, _LOG_OUT) or command.p2 != PIN_REFERENCE:
            raise CardError(StatusWord.REFERENCE_NOT_FOUND)
        if command.p1 == _LOG_OUT:
            self._pins.is_verified = False
        elif command.data:
            self._pins.verify(command.data)
        else:
            self._pins.status()

    def _change_reference_data(self, command: Command) -> None:
        if command.p1 == 1:
            self._pins.set_first(command.p2, command.data)
        elif (command.p1, command.p2) == (0, PIN_REFERENCE):
            self._pins.change(command.data)
        else:
            raise CardError(StatusWord.REFERENCE_NOT_FOUND)

    def _reset_retry_counter(self, command: Command) -> None:
        if command.p1 not in (0, 1) or command.p2 != PIN_REFERENCE:
            raise CardError(StatusWord.REFERENCE_NOT_FOUND)
        self._pins.unblock(command.data)

    def _manage_security_environment(self, command: Command) -> None:
        self._environment = tlv.decode(command.data)

    def _get_challenge(self, command: Command) -> bytes:
        return os.urandom(command.expected or 8)

    def _generate_key_pair(self, command: Command) -> bytes:
        reference, algorithm = self._key_reference(), self._environment.get(_ALGORITHM, b"")
        if algorithm == bytes([_RSA]):
            key, public = keys.generate_rsa()
        elif algorithm == bytes([_EC]):
            key, public = keys.generate_ec(command.data)
        else:
            raise CardError(StatusWord.NOT_SUPPORTED)
        self._state.keys[reference] = keys.serialise(key)
        return public

    def _put_data(self, command: Command) -> None:
        if (command.p1, command.p2) != (0x3F, 0xFF):
            raise CardError(StatusWord.WRONG_PARAMETERS)
        reference = self._key_reference()
        self._state.keys[reference] = keys.serialise(keys.import_key(command.data))

    def _perform_security_operation(self, command: Command) -> bytes:
        operations = {(0x9E, 0x9A): keys.sign, (0x80, 0x86): keys.decipher}
        operation = operations.get((command.p1, command.p2))
        if operation is None:
            raise CardError(StatusWord.WRONG_PARAMETERS)
        key = self._state.keys.get(self._key_reference())
        if key is None:
            raise CardError(StatusWord.REFERENCE_NOT_FOUND)
        return operation(keys.load(key), command.data)

    def _key_reference(self) -> int:
        """Return the key the security environment names; keys are for the PIN's holder alone."""
        if not self._pins.is_verified:
            raise CardError(StatusWord.SECURITY_NOT_SATISFIED)
        reference = self._environment.get(_KEY_REFERENCE, b"")
        if len(reference) != 1 or reference[0] >= _MAX_KEYS:
            raise CardError(StatusWord.REFERENCE_NOT_FOUND)
        return reference[0]


def _offset(command: Command) -> int:
    if command.p1 & 0x80:
        raise CardError(StatusWord.WRONG_PARAMETERS)  # a short file identifier: there are none here
    return command.p1 << 8 | command.p2
