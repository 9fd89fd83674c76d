"""Documents are read through once, whatever they are; what is no file is said to be none."""

from __future__ import annotations

import hashlib
import os

import pytest
from cryptography.hazmat.primitives import hashes

from agent.signing.documents import digest_of, read_for_signing
from agent.signing.errors import DocumentUnreadableError, OwnMessageError
from agent.system.files import saved_stamp

MESSAGE = b'{"audience": "https://ra.example", "certificate_sha256": "00"}'


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (3 << 20) + 7])
@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SM3()], ids=lambda a: a.name)
def test_name_size_and_both_digests(tmp_path, size, algorithm):
    content = bytes(range(251)) * (size // 251 + 1)
    file = tmp_path / "合同 一.pdf"
    file.write_bytes(content[:size])
    read = read_for_signing(file, algorithm)
    assert (read.file, read.size) == (file, size)
    assert read.sha256 == hashlib.sha256(content[:size]).digest()
    assert read.digest == hashlib.new(algorithm.name, content[:size]).digest()
    assert read.digest == digest_of(file, algorithm)
    assert read.stamp == saved_stamp(file)


@pytest.mark.parametrize("before", [0, 100, (1 << 20) - 5, (2 << 20) + 3])
def test_a_message_to_an_authority_is_refused_however_far_into_the_file(tmp_path, before):
    file = tmp_path / "合同.json"
    file.write_bytes(b" " * before + MESSAGE)
    with pytest.raises(OwnMessageError):
        read_for_signing(file, hashes.SHA256())


def test_json_that_is_no_message_is_signed(tmp_path):
    file = tmp_path / "data.json"
    file.write_bytes(b'{"rows": [' + b"1, " * (1 << 20) + b"1]}")
    assert read_for_signing(file, hashes.SHA256()).size == file.stat().st_size


@pytest.mark.parametrize("what", ["missing", "folder", "fifo"])
def test_what_is_no_file(tmp_path, what):
    file = tmp_path / "document"
    if what == "folder":
        file.mkdir()
    elif what == "fifo":
        os.mkfifo(file)
    with pytest.raises(DocumentUnreadableError) as refusal:
        read_for_signing(file, hashes.SHA256())
    assert "document" in str(refusal.value)
