"""Files a person gives to a command, and those a command leaves behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from agent.ground import held_files
from agent.ground.decoding import from_json
from agent.ground.errors import InvalidInputError, OdcError
from agent.ground.language import mark
from agent.ground.private import Private
from agent.ground.text_files import TextEncodingError, written_text
from agent.renewals.authorities.ra_protocol import Applicant, DocumentName
from agent.renewals.scans.model import MAX_CONTENT

STDIN = Path("-")


class FileExistsAlreadyError(OdcError):
    """A command would have to overwrite a file."""

    code = "file_exists"
    sentence = mark("{file} exists already.")
    advice = mark("Choose another name.")


class _ApplicantFile(Private, frozen=True, forbid_unknown_fields=True):
    """An applicant as far as it is filled in: what is missing is told like what is wrong."""

    id_number: str = ""
    name: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""


def read_file(file: Path) -> bytes:
    """Return a file's content, or standard input for ``-``.

    Raises:
        InvalidInputError: it cannot be read, or is larger than any scan.
    """
    try:
        if file == STDIN:
            content = sys.stdin.buffer.read(MAX_CONTENT + 1)
        else:
            with held_files.open_to_read(file) as stream:
                content = stream.read(MAX_CONTENT + 1)
    except OSError as error:
        raise InvalidInputError(what=str(file), reason=error.strerror or str(error)) from error
    if len(content) > MAX_CONTENT:
        raise InvalidInputError(what=str(file), reason=mark("it is too large for a scan"))
    return content


def read_applicant(file: Path) -> Applicant:
    """Return the applicant in a JSON file; fields that are missing are empty.

    Raises:
        InvalidInputError: it is not such a file. What it holds is not repeated.
    """
    try:
        found = from_json(written_text(read_file(file)), _ApplicantFile)
    except (msgspec.MsgspecError, TextEncodingError) as error:
        raise InvalidInputError(what=str(file), reason=str(error)) from error
    return Applicant(**msgspec.structs.asdict(found))


def find_scans(folder: Path) -> dict[DocumentName, Path]:
    """Return the scans in ``folder`` by the document each is named for, whatever its suffix.

    Raises:
        InvalidInputError: two files are named for the same document.
    """
    found: dict[DocumentName, Path] = {}
    for name in DocumentName:
        files = sorted(file for file in folder.glob(f"{name.value}.*") if file.is_file())
        if len(files) > 1:
            names = ", ".join(file.name for file in files)
            raise InvalidInputError(what=names, reason=mark("only one file for each document"))
        if files:
            found[name] = files[0]
    return found


def write_new(file: Path, content: bytes) -> None:
    """Write a file that does not exist yet, readable by this user only.

    Raises:
        FileExistsAlreadyError, InvalidInputError
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    except FileExistsError as error:
        raise FileExistsAlreadyError(file=str(file)) from error
    except OSError as error:
        raise InvalidInputError(what=str(file), reason=error.strerror or str(error)) from error


_BINARY = getattr(os, "O_BINARY", 0)
"""Windows alone tells text from bytes here."""
