"""One call of a library: what it gives is taken as far as it goes, and nothing of it is left for the next."""

from __future__ import annotations

import pytest

from agent.tokens.worker.skf.codes import OK, Sar, SkfError
from agent.tokens.worker.skf.failures import NONSENSE, reason_of
from agent.tokens.worker.skf.library import MAX_LIST_BYTES, Library
from agent.tokens.worker.skf.loaded import Buffer

SIZE = 100


class Told:
    """Functions that write what they are told to, whatever they are asked; then they answer a code."""

    def __init__(self) -> None:
        self.written, self.size, self.code = b"", None, OK
        self.rooms: list[int] = []

    def __getitem__(self, _name):
        return self.call

    def call(self, *arguments):
        buffers = [one.content for one in arguments if isinstance(one, Buffer)]
        if len(buffers) == 2:
            room, size = buffers
            self.rooms.append(int.from_bytes(size, "little"))
            room[: len(self.written)] = self.written[: len(room)]
            if self.size is not None:
                size[:] = self.size.to_bytes(8, "little")
        return self.code


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def library(told) -> Library:
    return Library(told, 4)


def of(library, size=SIZE) -> bytes:
    return library.content("ExportCertificate", size=size)


def test_what_one_call_gave_is_not_there_at_the_next(told, library):
    told.written, told.size = b"certificate", 11
    assert of(library) == b"certificate"
    told.written = b""
    assert of(library) == bytes(11), "said to be there, and nothing was written"
    told.size = None
    assert of(library) == bytes(SIZE), "the size was left alone"


@pytest.mark.parametrize(("code", "size"), [(Sar.FAIL, 11), (OK, SIZE + 1), (OK, 1 << 40)])
def test_nor_what_a_call_wrote_that_failed_or_told_too_much(told, library, code, size):
    told.written, told.size, told.code = b"x" * SIZE, size, code
    with pytest.raises(SkfError):
        of(library)
    told.written, told.size, told.code = b"", SIZE, OK
    assert of(library) == bytes(SIZE)


def test_nor_names_of_another_list(told, library):
    told.written = b"one\0two\0\0"
    assert library.names("EnumContainer") == [b"one", b"two"]
    told.written = b"three\0"
    assert library.names("EnumContainer") == [b"three"]
    told.written = b""
    assert library.names("EnumContainer") == []


@pytest.mark.parametrize("wanted", [SIZE + 1, MAX_LIST_BYTES])
def test_one_that_wants_more_room_is_given_it_once(told, library, wanted):
    told.size, told.code = wanted, Sar.BUFFER_TOO_SMALL
    with pytest.raises(SkfError):
        of(library)
    assert told.rooms == [SIZE, wanted]


@pytest.mark.parametrize("wanted", [0, SIZE, MAX_LIST_BYTES + 1])
def test_but_not_where_what_it_wants_cannot_be_meant(told, library, wanted):
    told.size, told.code = wanted, Sar.BUFFER_TOO_SMALL
    with pytest.raises(SkfError) as caught:
        of(library)
    assert told.rooms == [SIZE]
    assert reason_of(caught.value) == NONSENSE


def test_a_library_that_writes_a_little_past_its_room_harms_nobody(told, library):
    told.written, told.size = b"y" * (SIZE + 16), SIZE
    assert of(library) == b"y" * SIZE
    told.written, told.size = b"", SIZE
    assert of(library) == bytes(SIZE)
