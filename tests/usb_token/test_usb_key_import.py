"""The encryption key on a card behind OpenSC, which decrypts PKCS#1 v1.5 and unwraps nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from asn1crypto import cms
from cryptography import x509
from envelope_maker import (
    NEW,
    OTHER,
    certificate_of,
    der,
    openssl_envelope,
    public_bytes,
    sandbox_envelope,
)
from faulty_bench import build
from soft_token import Outcome, type_pin
from usb_desk import PIN

from agent.ground.errors import OdcError
from agent.tokens import protocol
from agent.tokens.model import ModuleSettings
from agent.tokens.supervisor import pin_session

RECIPIENT, KEY_ID = b"transport", b"encrypt1"
CERTIFICATE = certificate_of(NEW)
FIND = protocol.FindKeyPair(key=KEY_ID)
NOTHING, WHOLE = (False, False), (True, True)


@contextlib.asynccontextmanager
async def logged_in(usb, settings: ModuleSettings | None = None):
    settings = settings or usb.settings
    async with pin_session(settings, await usb.reference()) as session:
        assert await type_pin(session, PIN) == Outcome(None, None)
        yield session


async def transport_key(session) -> x509.Certificate:
    pair = await session.call(
        protocol.GenerateKeyPair(
            key=RECIPIENT, label="transport", key_types=("rsa:2048",), usage="decrypt"
        )
    )
    return certificate_of(pair.public_key)


def order(envelope: bytes, recipient: bytes = RECIPIENT, certificate=CERTIFICATE):
    return protocol.ImportKeyPair(
        key=KEY_ID, label="encrypt", envelope=envelope, recipient=recipient,
        envelope_kind=protocol.EnvelopeKind.CMS, certificate=der(certificate),
    )  # fmt: skip


def proof_order(certificate: x509.Certificate, key: bytes) -> protocol.ProveDecryption:
    return protocol.ProveDecryption(key=key, public_key=public_bytes(certificate))


async def halves(session) -> tuple[bool, bool]:
    found = await session.call(FIND)
    return found.public, found.private


async def refused(session, request: protocol.Request) -> str:
    with pytest.raises(OdcError) as caught:
        await session.call(request)
    return caught.value.code


_SHOW = """
import json, sys
import pkcs11
from pkcs11 import Attribute as A, ObjectClass as C

module, pin, key_id = sys.argv[1:]
[slot] = pkcs11.lib(module).get_slots(token_present=True)
with slot.get_token().open(user_pin=pin) as session:
    wanted = {A.CLASS: C.PRIVATE_KEY, A.ID: bytes.fromhex(key_id)}
    [key] = list(session.get_objects(wanted))
    names = ["PRIVATE", "SENSITIVE", "EXTRACTABLE", "DECRYPT", "UNWRAP", "SIGN"]
    shown = {name: key[A[name]] for name in names}
    try:
        shown["leaves"] = bool(key[A.PRIVATE_EXPONENT])
    except pkcs11.PKCS11Error:
        shown["leaves"] = False
json.dump(shown, sys.stdout)
"""


def private_key_shown(usb) -> dict[str, bool]:
    """Return what another program is told of the imported private key."""
    done = subprocess.run(
        [sys.executable, "-c", _SHOW, usb.module, PIN, KEY_ID.hex()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def test_a_key_is_transported_imported_and_decrypts(usb):
    usb.format("usbkey")
    async with logged_in(usb) as session:
        recipient = await transport_key(session)
        assert await session.call(proof_order(recipient, RECIPIENT))
        pair = await session.call(order(sandbox_envelope(recipient.public_key())))
        assert (pair.public, pair.private) == WHOLE
        assert await session.call(proof_order(CERTIFICATE, KEY_ID))
    async with logged_in(usb) as session:
        assert await session.call(order(b"")) == pair  # a repeat adopts it
        assert await session.call(proof_order(CERTIFICATE, KEY_ID))
        assert await session.call(proof_order(recipient, RECIPIENT))
    # Asked to store it as sensitive, OpenSC 0.23 does not say so of an imported key; it never shows one.
    assert private_key_shown(usb) == {
        "PRIVATE": True, "SENSITIVE": False, "EXTRACTABLE": False, "leaves": False,
        "DECRYPT": True, "UNWRAP": True, "SIGN": False,
    }  # fmt: skip


async def test_an_issued_tokens_encryption_key_opens_the_next_and_stays_readable(usb, tmp_path):
    usb.issue("usbkey")
    [token] = (await usb.content()).tokens
    [old] = [found for found in token.certificates if found.label == "encrypt"]
    certificate = x509.load_der_x509_certificate(old.value)
    # Named by its certificate beside another recipient, as openssl does.
    envelope = openssl_envelope(tmp_path, certificate_of(OTHER), certificate)
    async with logged_in(usb) as session:
        await session.call(order(envelope, old.key))
        assert await session.call(proof_order(CERTIFICATE, KEY_ID))
        assert await session.call(proof_order(certificate, old.key))


def beyond_the_modulus(envelope: bytes) -> bytes:
    """Return it with an encrypted key no RSA key of this size could have made, as one for another may be."""
    info = cms.ContentInfo.load(envelope)
    [recipient] = info["content"]["recipient_infos"]
    recipient.chosen["encrypted_key"] = b"\xff" * len(recipient.chosen["encrypted_key"].native)
    return info.dump(force=True)


async def test_nothing_is_written_of_a_key_that_is_refused(usb):
    usb.format("usbkey")
    async with logged_in(usb) as session:
        recipient = (await transport_key(session)).public_key()
    named = x509.SubjectKeyIdentifier.from_public_key(recipient).digest
    for envelope, code in (
        (sandbox_envelope(OTHER.public_key(), identifier=named), "key_envelope_unopened"),
        (beyond_the_modulus(sandbox_envelope(recipient)), "key_envelope_unopened"),
        (sandbox_envelope(recipient, OTHER), "key_mismatch"),
        (sandbox_envelope(recipient, transport="rsaes-oaep"), "key_envelope_invalid"),
        (sandbox_envelope(recipient)[:-1], "key_envelope_invalid"),
    ):
        async with logged_in(usb) as session:
            assert await refused(session, order(envelope)) == code
            assert await halves(session) == NOTHING
    async with logged_in(usb) as session:
        await session.call(order(sandbox_envelope(recipient)))
        assert await halves(session) == WHOLE


async def test_a_card_whose_keys_are_all_taken_may_be_full(usb):
    usb.format("usbkey")
    async with logged_in(usb) as session:
        recipient = await transport_key(session)
    for number in range(15):
        usb.pkcs11_tool(
            "--login", "--pin", PIN, "--keypairgen", "--key-type", "EC:secp256r1",
            "--usage-sign", "--id", f"{number + 1:02x}",
        )  # fmt: skip
    async with logged_in(usb) as session:
        request = order(sandbox_envelope(recipient.public_key()))
        assert await refused(session, request) == "not_written"
        assert await halves(session) == NOTHING
        assert await session.call(proof_order(recipient, RECIPIENT))


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """The faulty module, in front of OpenSC."""
    return build(tmp_path_factory.mktemp("faulty"))


@pytest.fixture
def faulty(usb, library, tmp_path) -> ModuleSettings:
    """OpenSC, whose second C_CreateObject hangs: between the private and the public half."""
    environment = {
        "FAULTY_FORWARD": usb.module,
        "FAULTY": "C_CreateObject=hang@2",
        "FAULTY_LOG": str(tmp_path / "calls"),
    }
    return ModuleSettings(path=str(library), environment=environment)


async def stopped_between_the_halves(session, request, folder) -> asyncio.Task:
    """Begin an import, and return it when its private half is on the card."""
    call = asyncio.create_task(session.call(request))
    log = folder / "calls"
    while log.read_text().count("C_CreateObject\n") < 2:
        assert not call.done(), call.exception()
        await asyncio.sleep(0.02)
    return call


async def test_an_import_killed_between_the_halves_is_completed_by_its_repeat(
    usb, faulty, tmp_path
):
    usb.format("usbkey")
    async with logged_in(usb) as session:
        recipient = await transport_key(session)
    request = order(sandbox_envelope(recipient.public_key()))
    async with logged_in(usb, faulty) as session:
        call = await stopped_between_the_halves(session, request, tmp_path)
        os.kill(session._process.pid, signal.SIGKILL)
        with pytest.raises(OdcError) as caught:
            await call
    assert caught.value.code == "module_crashed"
    async with logged_in(usb) as session:
        assert await halves(session) == (False, True)
        await session.call(request)
        assert await halves(session) == WHOLE
        assert await session.call(proof_order(CERTIFICATE, KEY_ID))
    shown = usb.pkcs11_tool("--login", "--pin", PIN, "--list-objects")
    assert shown.count("Private Key Object") == shown.count("Public Key Object") == 2


async def test_a_token_pulled_in_an_import_is_missing_and_the_repeat_completes_it(
    usb, library, tmp_path
):
    usb.format("usbkey")
    async with logged_in(usb) as session:
        recipient = await transport_key(session)
    request = order(sandbox_envelope(recipient.public_key()))
    gate = tmp_path / "gate"
    held = {"FAULTY_FORWARD": usb.module, "FAULTY": "C_CreateObject=held!2",
            "FAULTY_LOG": str(tmp_path / "calls"), "FAULTY_GATE": str(gate)}  # fmt: skip
    async with logged_in(usb, ModuleSettings(path=str(library), environment=held)) as session:
        call = await stopped_between_the_halves(session, request, tmp_path)
        await asyncio.to_thread(usb.pull, "usbkey")  # a process, as slow as the machine is busy
        gate.touch()
        with pytest.raises(OdcError) as caught:
            await call
    assert caught.value.code == "token_missing"
    usb.plug("usbkey")
    async with logged_in(usb) as session:
        assert await session.call(FIND) == protocol.KeyPairFacts(
            key=KEY_ID, public=False, private=True
        )
        await session.call(request)
        assert await session.call(proof_order(CERTIFICATE, KEY_ID))


async def test_room_is_looked_for_and_left_as_it_was(usb):
    usb.format("usbkey")
    before = objects(usb)
    async with logged_in(usb) as session:
        await session.call(protocol.CheckRoom(bytes=4000))
    assert objects(usb) == before


def objects(usb) -> list[str]:
    """Return the kinds of the objects there are; the rest of a listing is handles."""
    listed = usb.pkcs11_tool("--login", "--pin", PIN, "--list-objects")
    return re.findall(r"^(\w+ ?\w*) [Oo]bject", listed, re.MULTILINE)


async def test_a_card_without_that_much_room_says_so_and_has_as_much_as_before(usb):
    usb.format("usbkey")
    async with logged_in(usb) as session:
        for _ in range(3):
            assert await refused(session, protocol.CheckRoom(bytes=60_000)) in {
                "token_full", "not_written"
            }  # fmt: skip
        for _ in range(20):
            await session.call(protocol.CheckRoom(bytes=6000))
