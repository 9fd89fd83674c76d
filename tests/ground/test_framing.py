"""Frames: whatever the pieces a stream comes in, the same payloads come out."""

from __future__ import annotations

import itertools
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ground.framing import (
    HEADER,
    MAX_REQUEST,
    FrameDecoder,
    FrameError,
    FrameTooLargeError,
    encode_frame,
)

PAYLOADS = st.lists(st.binary(max_size=300), max_size=8)


def pieces_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(bounds)]


@given(PAYLOADS, st.lists(st.integers(0, 10_000), max_size=30))
def test_any_split_of_any_frames_decodes_to_the_same(payloads, cuts):
    stream = b"".join(encode_frame(payload) for payload in payloads)
    decoder = FrameDecoder(limit=300)
    decoded = [p for piece in pieces_of(stream, cuts) for p in decoder.feed(piece)]
    assert decoded == payloads
    assert decoder.is_between_frames


@given(PAYLOADS.filter(bool), st.data())
def test_a_frame_without_its_end_is_waited_for(payloads, data):
    stream = b"".join(encode_frame(payload) for payload in payloads)
    last = len(encode_frame(payloads[-1]))
    missing = data.draw(st.integers(1, last - 1) if last > 1 else st.just(1))
    decoder = FrameDecoder(limit=300)
    assert list(decoder.feed(stream[:-missing])) == payloads[:-1]
    assert not decoder.is_between_frames
    assert list(decoder.feed(stream[-missing:])) == payloads[-1:]


@given(st.integers(301, 2**32 - 1), st.binary(max_size=20))
def test_a_frame_too_large_is_refused_by_its_header_alone(size, rest):
    decoder = FrameDecoder(limit=300)
    with pytest.raises(FrameTooLargeError) as caught:
        list(decoder.feed(struct.pack("=I", size) + rest))
    assert (caught.value.size, caught.value.limit) == (size, 300)


def test_frames_before_one_too_large_are_not_lost():
    decoder = FrameDecoder(limit=10)
    frames = decoder.feed(encode_frame(b"good") + HEADER.pack(11))
    assert next(frames) == b"good"
    with pytest.raises(FrameError):
        next(frames)


def test_a_frame_of_exactly_the_limit_is_taken():
    assert list(FrameDecoder(limit=10).feed(encode_frame(b"x" * 10))) == [b"x" * 10]
    assert encode_frame(b"x" * 10, limit=10)
    with pytest.raises(FrameTooLargeError):
        encode_frame(b"x" * 11, limit=10)


def test_the_framing_is_that_of_native_messaging():
    # 32-bit length in native byte order, then UTF-8 JSON; at most 1 MB towards a browser.
    payload = json.dumps({"text": "证书"}, ensure_ascii=False).encode()
    frame = encode_frame(payload)
    assert frame[:4] == struct.pack("@I", len(payload))
    assert frame[4:] == payload
    assert MAX_REQUEST == 1024 * 1024
