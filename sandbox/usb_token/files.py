"""The card's file system: selecting, creating, deleting, reading and writing files.

ISO 7816-4:2013, 5.3 and 7.2, ISO 7816-9; security conditions as the IsoApplet has them: per operation
always (00), after the PIN (90) or never (FF).
"""

from __future__ import annotations

import struct
from enum import IntEnum, unique

from sandbox.usb_token import tlv
from sandbox.usb_token.state import ROOT, File
from sandbox.usb_token.status import CardError, StatusWord

CAPACITY = 65536
"""Bytes of all elementary files together; IsoApplet cards have about as much."""
MAX_FILES = 256
MAX_FILE_SIZE = 32767
"""READ BINARY and UPDATE BINARY reach no further."""
_ROOT_IDENTIFIER = "3f00"
_IDENTIFIER_BYTES = 2
_CONDITIONS = 8
_ALWAYS, _AFTER_PIN = 0x00, 0x90


# Where in the security attribute an operation's condition lies (ISO 7816-4:2013, tables 16 and 17);
# one byte means one thing for folders and another for files.
_DELETE = 1
_CREATE_FOLDER = 5
_CREATE_FILE = _UPDATE = 6
_READ = 7


@unique
class Tag(IntEnum):
    """Data objects of file control parameters (ISO 7816-4:2013, table 12)."""

    SIZE = 0x80
    SIZE_WITH_STRUCTURE = 0x81
    DESCRIPTOR = 0x82
    IDENTIFIER = 0x83
    NAME = 0x84
    CONDITIONS = 0x86
    LIFE_CYCLE = 0x8A
    CONTROL_PARAMETERS = 0x62
    CONTROL_INFORMATION = 0x6F


_FOLDER = b"\x38"
_TRANSPARENT = b"\x01"
_ACTIVATED = b"\x05"


class FileSystem:
    """The files of a card, one of which is selected."""

    def __init__(self, files: dict[str, File]) -> None:
        self._files = files
        self.current = ROOT

    @property
    def _folder(self) -> str:
        """The selected folder, or that of the selected file."""
        return self.current if self._files[self.current].is_folder else _parent(self.current)

    def select(self, p1: int, data: bytes) -> None:
        """SELECT (7.2.2) by identifier, parent, name or path.

        Raises:
            CardError: there is no such file; the one selected before stays so.
        """
        found = self._found(p1, data)
        if found not in self._files:
            raise CardError(StatusWord.FILE_NOT_FOUND)
        self.current = found

    def _found(self, p1: int, data: bytes) -> str:
        match p1:
            case 0x00 | 0x01 | 0x02:
                return self._by_identifier(data)
            case 0x03:
                return _parent(self._folder)
            case 0x04:
                return self._by_name(data)
            case 0x08:
                return _path(ROOT, data)
            case 0x09:
                return _path(self._folder, data)
        raise CardError(StatusWord.WRONG_PARAMETERS)

    def _by_identifier(self, data: bytes) -> str:
        if data.hex() in ("", _ROOT_IDENTIFIER):
            return ROOT
        folders = (self._folder, _parent(self._folder), ROOT)
        paths = [_path(folder, data) for folder in folders]
        return next((path for path in paths if path in self._files), paths[0])

    def _by_name(self, data: bytes) -> str:
        for path, file in self._files.items():
            if file.name and file.name == data:
                return path
        raise CardError(StatusWord.FILE_NOT_FOUND)

    def control_information(self) -> bytes:
        """Return the selected file's FCI template."""
        file = self._files[self.current]
        identifier = bytes.fromhex(self.current.rpartition("/")[2] or _ROOT_IDENTIFIER)
        objects = {
            Tag.SIZE: b"" if file.is_folder else struct.pack(">H", len(file.content)),
            Tag.DESCRIPTOR: _FOLDER if file.is_folder else _TRANSPARENT,
            Tag.IDENTIFIER: identifier,
            Tag.NAME: file.name,
            Tag.CONDITIONS: file.conditions,
            Tag.LIFE_CYCLE: _ACTIVATED,
        }
        inner = b"".join(tlv.encode(tag, value) for tag, value in objects.items() if value)
        return tlv.encode(Tag.CONTROL_INFORMATION, inner)

    def create(self, data: bytes, *, is_verified: bool) -> None:
        """CREATE FILE (ISO 7816-9) in the selected folder; the new file is then selected."""
        outer = tlv.decode(data)
        template = outer.get(Tag.CONTROL_INFORMATION) or outer.get(Tag.CONTROL_PARAMETERS) or b""
        parameters = tlv.decode(template)
        path = _path(self._folder, parameters.get(Tag.IDENTIFIER, b"")[:_IDENTIFIER_BYTES])
        if path == ROOT:
            return  # pkcs15-init creates the master file, which is there from the start
        file = self._new_file(parameters)
        operation = _CREATE_FOLDER if file.is_folder else _CREATE_FILE
        self._check(self._files[self._folder], operation, is_verified=is_verified)
        if path in self._files:
            raise CardError(StatusWord.FILE_EXISTS)
        self._files[path] = file
        self.current = path

    def _new_file(self, parameters: dict[int, bytes]) -> File:
        conditions = parameters.get(Tag.CONDITIONS, b"")
        descriptor = parameters.get(Tag.DESCRIPTOR, b"")[:1]
        if len(conditions) not in (0, _CONDITIONS) or descriptor not in (_FOLDER, _TRANSPARENT):
            raise CardError(StatusWord.WRONG_DATA)
        stated = parameters.get(Tag.SIZE) or parameters.get(Tag.SIZE_WITH_STRUCTURE) or b""
        is_folder = descriptor == _FOLDER
        size = 0 if is_folder else int.from_bytes(stated, "big")
        used = sum(len(file.content) for file in self._files.values())
        if size > min(MAX_FILE_SIZE, CAPACITY - used) or len(self._files) >= MAX_FILES:
            raise CardError(StatusWord.NO_SPACE)
        name = parameters.get(Tag.NAME, b"")
        return File(is_folder=is_folder, name=name, conditions=conditions, content=bytes(size))

    def delete(self, data: bytes, *, is_verified: bool) -> None:
        """DELETE FILE (ISO 7816-9): a child of the selected folder, else the selected file."""
        path = _path(self._folder, data) if data else self.current
        if path == ROOT or path not in self._files:
            raise CardError(StatusWord.FILE_NOT_FOUND)
        self._check(self._files[path], _DELETE, is_verified=is_verified)
        for gone in [other for other in self._files if f"{other}/".startswith(f"{path}/")]:
            del self._files[gone]
        self.current = _parent(path)

    def read(self, offset: int, size: int, *, is_verified: bool) -> bytes:
        """READ BINARY (7.2.3): up to ``size`` bytes; fewer where the file ends."""
        file = self._elementary()
        self._check(file, _READ, is_verified=is_verified)
        if offset > len(file.content):
            raise CardError(StatusWord.WRONG_OFFSET)
        return file.content[offset : offset + size]

    def update(self, offset: int, data: bytes, *, is_verified: bool) -> None:
        """UPDATE BINARY (7.2.5): overwrite a part of the file, which keeps its size."""
        file = self._elementary()
        self._check(file, _UPDATE, is_verified=is_verified)
        end = offset + len(data)
        if end > len(file.content):
            raise CardError(StatusWord.NO_SPACE)
        file.content = file.content[:offset] + data + file.content[end:]

    def _elementary(self) -> File:
        file = self._files[self.current]
        if file.is_folder:
            raise CardError(StatusWord.NO_FILE_SELECTED)
        return file

    @staticmethod
    def _check(file: File, operation: int, *, is_verified: bool) -> None:
        condition = file.conditions[operation] if file.conditions else _ALWAYS
        if condition != _ALWAYS and not (condition == _AFTER_PIN and is_verified):
            raise CardError(StatusWord.SECURITY_NOT_SATISFIED)


def _path(start: str, identifiers: bytes) -> str:
    """Return ``start`` extended by two-byte file identifiers; 3F00 begins at the root again."""
    if not identifiers or len(identifiers) % _IDENTIFIER_BYTES:
        raise CardError(StatusWord.WRONG_DATA)
    path = start
    for position in range(0, len(identifiers), _IDENTIFIER_BYTES):
        identifier = identifiers[position : position + _IDENTIFIER_BYTES].hex()
        path = ROOT if identifier == _ROOT_IDENTIFIER else f"{path}/{identifier}".lstrip("/")
    return path


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
