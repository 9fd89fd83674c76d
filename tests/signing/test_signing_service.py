"""Files signed with a key on a real token: one PIN for all, each told of, none overwritten."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from certificate_maker import china, make_certificate, openssl
from pin_desk import type_in
from signing_desk import KEY_ID, NOW, VALID, SigningDesk, nobody, put_on
from soft_token import PIN, SoftTokens

from agent.certificates.model import Certificate
from agent.ground.bus import Event
from agent.renewals.ground.errors import CertificateNotFoundError
from agent.signing import service
from agent.signing.checking import check
from agent.signing.errors import (
    CertificateExpiredError,
    CertificateNotYetValidError,
    DocumentUnreadableError,
    NotForSigningError,
    OwnMessageError,
    SignatureExistsError,
    SignatureNotWrittenError,
    SignatureWrongError,
)
from agent.signing.holder import find_holder
from agent.signing.service import DocumentSigned
from agent.tokens.model import PinState, TokenFacts, TokenReference
from agent.tokens.snapshot import HeldCertificate, Snapshot, Token

OWN = b'{"audience": "https://ra.example", "certificate_sha256": "00"}'
CONTENTS = {"合同 一.pdf": b"%PDF-1.7 ...", "empty": b"", "b.xml": b"<a/>" * 500_000}


@pytest.fixture(scope="module")
def with_key(tmp_path_factory) -> SoftTokens:
    """A token with a key and its certificate, made once: each test gets a copy."""
    tokens = SoftTokens(tmp_path_factory.mktemp("written") / "hsm")
    tokens.initialise()
    asyncio.run(put_on(tokens, "ec:secp256r1"))
    return tokens


@pytest.fixture
async def desk(tokens, with_key, tmp_path) -> AsyncIterator[SigningDesk]:
    shutil.rmtree(tokens.store)
    shutil.copytree(with_key.store, tokens.store)
    async with SigningDesk(tokens, tmp_path) as desk:
        yield desk


@pytest.fixture
def files(tmp_path) -> list[Path]:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in CONTENTS]


def beside(file: Path) -> Path:
    return file.with_name(file.name + ".p7s")


async def checked(file: Path, signature: Path | None = None):
    return await check(file, signature, trust=nobody, clock=lambda: NOW)


@pytest.mark.parametrize("key_type", ["rsa:2048", "ec:secp256r1"])
async def test_one_pin_signs_all_files_and_openssl_verifies_each(tokens, tmp_path, files, key_type):
    await put_on(tokens, key_type)
    async with SigningDesk(tokens, tmp_path) as desk:
        told, ended = await desk.sign(files)
        [token] = desk.inventory.snapshot.tokens
    assert (told, ended.error) == (None, None)
    assert [(Path(each.file), each.error) for each in ended.files] == [(f, None) for f in files]
    each_told = [e for e in desk.events if isinstance(e, DocumentSigned)]
    assert [(e.number, e.of) for e in each_told] == [(1, 3), (2, 3), (3, 3)]
    signer = tmp_path / "signer.pem"
    signer.write_bytes(
        openssl("x509", "-inform", "DER", stdin=token.certificates[0].certificate.der)
    )
    for file in files:
        command = (
            "cms -verify -cades -binary -inform DER -partial_chain -no_check_time -purpose any"
        )
        where = ["-in", beside(file), "-content", file, "-CAfile", signer]
        assert openssl(*command.split(), *map(str, where)) == file.read_bytes()
        assert (await checked(file)).document == file
    assert set(files[0].parent.iterdir()) == {*files, *map(beside, files)}, "nothing else is left"


async def test_a_file_that_was_changed_after_it_was_shown_is_not_signed(desk, files):
    asked = await desk.service.sign_files(desk.thumbprint, files)
    files[1].write_bytes(b"something else")
    assert await type_in(asked.pin, PIN) is None
    ended = await desk.end()
    codes = [each.error.code if each.error else None for each in ended.files]
    assert codes == [None, "document_changed", None]
    assert not beside(files[1]).exists()


async def test_a_signature_that_came_meanwhile_is_left_alone(desk, files):
    asked = await desk.service.sign_files(desk.thumbprint, files[:1])
    beside(files[0]).write_bytes(b"another's")
    assert await type_in(asked.pin, PIN) is None
    ended = await desk.end()
    assert ended.files[0].error.code == "signature_exists"
    assert beside(files[0]).read_bytes() == b"another's"


async def test_a_wrong_pin_signs_nothing(desk, files):
    told, ended = await desk.sign(files, pin="000000")
    assert told.code == ended.error.code == "pin_incorrect"
    assert ended.files == ()
    assert not any(map(os.path.exists, map(beside, files)))


async def test_the_pins_worker_is_started_while_the_documents_are_read(desk, files, monkeypatch):
    read, started = service._read, []

    def reading(file, **how):
        started.append(desk.sessions._spare._starting)
        return read(file, **how)

    monkeypatch.setattr(service, "_read", reading)
    told, ended = await desk.sign(files)
    assert (told, ended.error) == (None, None)
    assert None not in started
    assert len(set(started)) == 1
    assert desk.sessions._spare._starting is None, "that is the one that had the PIN"


async def test_who_goes_away_is_not_waited_for(desk, files):
    asked = await desk.service.sign_files(desk.thumbprint, files)
    asked.give_up()
    await asyncio.wait({asked.pin.task}, timeout=10)
    # The token is free again.
    told, ended = await desk.sign(files)
    assert (told, ended.error) == (None, None)


async def test_who_goes_away_after_the_pin_has_nothing_more_signed(desk, files):
    asked = await desk.service.sign_files(desk.thumbprint, files)

    def go(event: Event) -> None:
        if isinstance(event, DocumentSigned):
            asked.give_up()

    desk.bus.subscribe(go)
    assert await type_in(asked.pin, PIN) is None
    ended = await desk.end()
    codes = [each.error.code if each.error else None for each in ended.files]
    assert codes == [None, "signing_given_up", "signing_given_up"]
    assert [beside(file).exists() for file in files] == [True, False, False]


class TestBeforeAnyPin:
    """What is wrong is said before somebody has typed for nothing."""

    async def refused(self, desk, files, error, thumbprint=None):
        with pytest.raises(error):
            await desk.service.sign_files(thumbprint or desk.thumbprint, files)
        # No question is left open.
        assert desk.sessions.under_way() == frozenset()

    async def test_a_signature_is_there(self, desk, files):
        beside(files[2]).write_bytes(b"")
        await self.refused(desk, files, SignatureExistsError)

    async def test_a_folder_nobody_may_write_to(self, desk, files, monkeypatch):
        monkeypatch.setattr(os, "access", lambda *_: False)
        await self.refused(desk, files, SignatureNotWrittenError)

    async def test_no_file(self, desk, files):
        await self.refused(desk, [files[0].parent / "nothing"], DocumentUnreadableError)

    async def test_a_message_to_an_authority(self, desk, files):
        files[1].write_bytes(OWN)
        await self.refused(desk, files, OwnMessageError)

    async def test_no_such_certificate(self, desk, files):
        await self.refused(desk, files, CertificateNotFoundError, thumbprint="0" * 64)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, None),
        ({"not_after": china("2026-11-30 11:59:59")}, CertificateExpiredError),
        ({"not_before": china("2026-11-30 12:00:01")}, CertificateNotYetValidError),
        ({"usage": frozenset({"key_encipherment"})}, NotForSigningError),
        ({"is_ca": True}, NotForSigningError),
    ],
)
def test_a_certificate_that_must_not_sign_is_said_to_be_so(options, error):
    certificate = make_certificate(**{**VALID, **options})
    snapshot = holding(certificate)
    if error is None:
        assert find_holder(snapshot, certificate.thumbprint, NOW).certificate == certificate
        return
    with pytest.raises(error):
        find_holder(snapshot, certificate.thumbprint, NOW)


def holding(certificate: Certificate) -> Snapshot:
    """Return the reading of a token with one certificate."""
    held = HeldCertificate(certificate=certificate, key=KEY_ID, label="sign", has_private_key=True)
    facts = TokenFacts(
        serial="01", label="KEY", model="", manufacturer="", slot=0, pin_state=PinState.OK,
        login_required=True, protected_authentication_path=False,
    )  # fmt: skip
    reference = TokenReference(module="/m.so", serial="01", label="KEY")
    token = Token(reference=reference, facts=facts, certificates=(held,), problems=())
    return Snapshot(tokens=(token,))


async def test_a_changed_document_is_not_verified(desk, files):
    await desk.sign(files[:1])
    files[0].write_bytes(CONTENTS[files[0].name] + b" ")
    with pytest.raises(SignatureWrongError):
        await checked(files[0])
