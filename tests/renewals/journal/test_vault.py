"""Encryption at rest: what is sealed for one place opens there and nowhere else."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from renewal_maker import APPLICANT, KEY

from agent.renewals.authorities.ra_protocol import DocumentName
from agent.renewals.journal.applicant_profile import forget_profile, keep_profile, take_up_profile
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.vault import Vault, VaultError, open_vault

FRONT, BACK = DocumentName.ID_CARD_FRONT, DocumentName.ID_CARD_BACK


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_is_sealed_is_opened_again(clear, context):
    vault = Vault(KEY)
    assert vault.open(vault.seal(clear, context), context) == clear


def test_the_same_text_is_never_sealed_alike(vault):
    assert len({vault.seal(b"text", "place") for _ in range(20)}) == 20


def test_the_text_does_not_show_through(vault):
    assert b"440300199001010002" not in vault.seal(b"440300199001010002", "place")


def test_a_sealed_text_is_tied_to_its_place(vault):
    sealed = vault.seal(b"text", "here")
    with pytest.raises(VaultError):
        vault.open(sealed, "there")


def test_another_key_opens_nothing(vault):
    with pytest.raises(VaultError):
        Vault(KEY[::-1]).open(vault.seal(b"text", "place"), "place")


@given(st.data())
def test_a_flipped_bit_is_noticed(data):
    sealed = bytearray(Vault(KEY).seal(b"some text", "place"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VaultError):
        Vault(KEY).open(bytes(sealed), "place")


@pytest.mark.parametrize(
    "length",
    [
        0,
        7,
        *(8, 12, 27, 28, 36),
    ],
)
def test_a_truncated_text_is_noticed(vault, length):
    sealed = vault.seal(b"some text", "place")
    assert length < len(sealed)
    with pytest.raises(VaultError):
        vault.open(sealed[:length], "place")


def test_in_a_home_the_key_is_a_private_file(monkeypatch, tmp_path):
    monkeypatch.setenv("ODC_HOME", str(tmp_path))
    file = tmp_path / "data" / "vault.key"
    first = open_vault(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(base64.b64decode(file.read_bytes())) == 32
    assert open_vault(file).open(first.seal(b"text", "place"), "place") == b"text"


def test_of_many_who_make_the_key_at_once_all_have_the_same(tmp_path):
    file = tmp_path / "vault.key"
    with ThreadPoolExecutor(8) as pool:
        first, *others = pool.map(lambda _: open_vault(file), range(8))
    sealed = first.seal(b"text", "place")
    assert {vault.open(sealed, "place") for vault in others} == {b"text"}
    assert [each.name for each in tmp_path.iterdir()] == ["vault.key"]


@pytest.mark.parametrize("content", [b"", b"not base64!", b"c2hvcnQ="])
def test_a_damaged_key_file_is_an_error_people_can_read(monkeypatch, tmp_path, content):
    monkeypatch.setenv("ODC_HOME", str(tmp_path))
    (tmp_path / "vault.key").write_bytes(content)
    with pytest.raises(VaultError):
        open_vault(tmp_path / "vault.key")


@pytest.fixture
def scans(tmp_path, vault) -> ScanStore:
    return ScanStore(tmp_path / "dossiers", vault)


def test_a_scan_is_kept_as_it_was_and_sealed(scans, tmp_path):
    scans.put("one", FRONT, b"\x89PNG front")
    assert scans.get("one", FRONT) == b"\x89PNG front"
    [file] = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert b"front" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_newer_scan_replaces_the_one_before(scans):
    scans.put("one", FRONT, b"first")
    scans.put("one", FRONT, b"second")
    assert scans.get("one", FRONT) == b"second"


@pytest.mark.parametrize("other", [("one", BACK), ("two", FRONT)])
def test_a_scan_cannot_be_taken_for_another(scans, tmp_path, other):
    scans.put("one", FRONT, b"front")
    scans.put(*other, b"other")
    scans._file(*other).write_bytes(scans._file("one", FRONT).read_bytes())
    with pytest.raises(VaultError):
        scans.get(*other)


def test_forgetting_a_renewal_forgets_its_scans_only(scans, tmp_path):
    scans.put("one", FRONT, b"front")
    scans.put("two", FRONT, b"other")
    for _ in range(2):
        scans.forget("one")
    assert [file.parent.name for file in tmp_path.rglob("*.sealed")] == ["two"]
    assert scans.get("two", FRONT) == b"other"


def test_a_profile_is_kept_sealed_and_taken_up_again(tmp_path, vault):
    file = tmp_path / "applicant.sealed"
    assert take_up_profile(file, vault) is None
    keep_profile(file, vault, APPLICANT)
    assert take_up_profile(file, vault) == APPLICANT
    assert APPLICANT.name.encode() not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(VaultError):
        take_up_profile(file, Vault(KEY[::-1]))
    for _ in range(2):
        forget_profile(file)
    assert take_up_profile(file, vault) is None
