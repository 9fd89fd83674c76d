"""The agent's token workers on a token that comes and goes: OpenSC's module over a pcscd of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID
from soft_token import Outcome, type_pin
from usb_desk import PIN, WRONG

from agent.ground.errors import OdcError
from agent.ground.reports import ReportedError
from agent.tokens import protocol
from agent.tokens.model import PinState
from agent.tokens.supervisor import ModuleWorker, pin_session
from sandbox.authority.rules.days import utc_now
from sandbox.usb_token.pins import TRIES

KEY_ID = bytes.fromhex("0102030405060708")


@contextlib.asynccontextmanager
async def logged_in(usb):
    async with pin_session(usb.settings, await usb.reference()) as session:
        assert await type_pin(session, PIN) == Outcome(None, None)
        yield session


@pytest.fixture
async def worker(usb):
    """A lasting worker, as the agent has one."""
    worker = ModuleWorker(usb.settings)
    yield worker
    await worker.end()


def pair_order(key_id: bytes, *key_types: str) -> protocol.GenerateKeyPair:
    return protocol.GenerateKeyPair(key=key_id, label="sign", key_types=key_types or ("rsa:2048",))


async def code_of(call: Awaitable[object]) -> str:
    """Return the code of the error the call ends in."""
    with pytest.raises(OdcError) as caught:
        await call
    return caught.value.code


def certificate_of(public_key) -> bytes:
    """Return a certificate of that key, signed by some other."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "深圳市样例有限公司")])
    now = utc_now()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(public_key)
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def verify(public_key, signature: bytes, data: bytes) -> None:
    if isinstance(public_key, rsa.RSAPublicKey):
        public_key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    else:
        public_key.verify(signature, data, ec.ECDSA(hashes.SHA256()))


async def test_an_issued_pair_is_listed(usb, worker):
    usb.issue("usbkey")
    [token] = (await worker.content()).tokens
    assert token.facts.serial == usb.listed()["usbkey"]["serial"]
    assert token.facts.label.startswith("ODC-USBKEY")
    assert token.facts.pin_state is PinState.OK
    assert [c.label for c in token.certificates] == ["sign", "encrypt"]


async def test_one_worker_sees_tokens_come_and_go(usb, worker):
    assert (await worker.content()).tokens == ()
    usb.issue("first", organisation="First")
    [first] = (await worker.content()).tokens
    usb.pull("first")
    usb.wait_for_serials()
    assert (await worker.content()).tokens == ()
    usb.issue("second", organisation="Second")
    [second] = (await worker.content()).tokens
    assert second.facts.serial != first.facts.serial
    assert not {c.value for c in first.certificates} & {c.value for c in second.certificates}
    usb.plug("first")
    usb.wait_for_serials(first.facts.serial, second.facts.serial)
    both = (await worker.content()).tokens
    assert {t.facts.serial for t in both} == {first.facts.serial, second.facts.serial}
    assert {len(t.certificates) for t in both} == {2}
    assert worker.restarts == 0


async def test_a_worker_outlives_its_pcscd(usb, pcscd, worker):
    usb.issue("usbkey")
    assert len((await worker.content()).tokens) == 1
    pcscd.kill()
    for _ in range(2):
        with contextlib.suppress(ReportedError):
            assert (await worker.content()).tokens == ()
    pcscd.start()
    usb.plug("usbkey")
    for _ in range(3):
        with contextlib.suppress(ReportedError):
            if (await worker.content()).tokens:
                break
    [token] = (await worker.content()).tokens
    assert len(token.certificates) == 2


CURVES = ["ec:secp256r1", "ec:secp384r1"]


async def test_a_key_is_generated_signs_and_gets_its_certificate(usb):
    usb.format("usbkey")
    async with logged_in(usb) as session:
        pair = await session.call(pair_order(KEY_ID))
        assert (pair.public, pair.private) == (True, True)
        public_key = load_der_public_key(pair.public_key)
        signature = await session.call(protocol.SignData(key=KEY_ID, data=b"text"))
        verify(public_key, signature, b"text")
        certificate = certificate_of(public_key)
        for _ in range(2):  # a repeat after a kill writes nothing again
            await session.call(
                protocol.WriteCertificate(key=KEY_ID, label="sign", certificate=certificate)
            )
        along = await session.call(protocol.FindCompanions(key=KEY_ID))
        assert along.certificates == (certificate,), "seen in the session that wrote it"
        request = await session.call(protocol.SignRequest(key=KEY_ID, certificate=certificate))
        assert x509.load_der_x509_csr(request).is_signature_valid
    [token] = (await usb.content()).tokens
    [found] = token.certificates
    assert (found.value, found.key, found.label) == (certificate, KEY_ID, "sign")


async def test_an_issued_key_signs_a_message(usb):
    usb.issue("usbkey")
    [token] = (await usb.content()).tokens
    signing = token.certificates[0]
    async with logged_in(usb) as session:
        message = await session.call(
            protocol.SignMessage(key=signing.key, certificate=signing.value, content=b"text")
        )
        assert signing.value in message
        signature = await session.call(protocol.SignData(key=signing.key, data=b"text"))
    verify(x509.load_der_x509_certificate(signing.value).public_key(), signature, b"text")


@pytest.mark.parametrize("key_type", [*CURVES, "rsa:4096"])
async def test_a_key_the_token_could_not_sign_with_is_not_even_generated(usb, key_type):
    """OpenSC 0.23 has ECDSA with SHA-1 alone for this card, and RSA keys of one size."""
    usb.format("usbkey")
    async with logged_in(usb) as session:
        with pytest.raises(ReportedError) as caught:
            await session.call(pair_order(KEY_ID, key_type))
        found = await session.call(protocol.FindKeyPair(key=KEY_ID))
    assert caught.value.code == "key_type_unsupported"
    assert "opensc-pkcs11.so" in caught.value.reported.message_zh
    assert (found.public, found.private) == (False, False)


@pytest.mark.parametrize("curve", ["secp256r1", "secp384r1"])
async def test_a_curve_key_another_program_generated_signs_as_the_card_can(usb, tmp_path, curve):
    """With SHA-1, which is all that OpenSC 0.23 offers; the agent wants SHA-256."""
    usb.format("usbkey")
    text, signature = tmp_path / "text", tmp_path / "signature"
    text.write_bytes(b"text")
    login = ("--login", "--pin", PIN, "--id", KEY_ID.hex())
    usb.pkcs11_tool(*login, "--keypairgen", "--key-type", f"EC:{curve}", "--usage-sign")
    usb.pkcs11_tool(
        *login, "--sign", "--mechanism", "ECDSA-SHA1", "--signature-format", "openssl",
        "--input-file", str(text), "--output-file", str(signature),
    )  # fmt: skip
    async with logged_in(usb) as session:
        pair = await session.call(protocol.FindKeyPair(key=KEY_ID))
    public_key = load_der_public_key(pair.public_key)
    public_key.verify(signature.read_bytes(), b"text", ec.ECDSA(hashes.SHA1()))


async def test_the_first_kind_of_key_the_token_can_do_is_taken(usb):
    usb.format("usbkey")
    async with logged_in(usb) as session:
        pair = await session.call(pair_order(KEY_ID, *CURVES, "rsa:2048", "rsa:4096"))
        assert await session.call(protocol.SignData(key=KEY_ID, data=b"text"))
    assert load_der_public_key(pair.public_key).key_size == 2048


async def test_a_key_pair_is_destroyed(usb):
    usb.format("usbkey")
    async with logged_in(usb) as session:
        await session.call(pair_order(KEY_ID))
        await session.call(protocol.DestroyKeyPair(key=KEY_ID))
        found = await session.call(protocol.FindKeyPair(key=KEY_ID))
    assert (found.public, found.private) == (False, False)


async def test_a_wrong_pin_is_told_and_the_last_one_locks(usb):
    usb.format("usbkey")
    codes = []
    for _ in range(TRIES):
        async with pin_session(usb.settings, await usb.reference()) as session:
            outcome = await type_pin(session, WRONG)
        codes.append(outcome.agent.code)
        assert outcome.typist.code == outcome.agent.code
    assert codes == ["pin_incorrect"] * (TRIES - 1) + ["pin_locked"]


async def test_a_token_pulled_in_a_session_is_missing_and_the_next_session_works(usb):
    usb.issue("usbkey")
    [token] = (await usb.content()).tokens
    sign = protocol.SignData(key=token.certificates[0].key, data=b"text")
    async with logged_in(usb) as session:
        await session.call(sign)
        usb.pull("usbkey")
        usb.wait_for_serials()
        assert await code_of(session.call(sign)) == "token_missing"
        usb.plug("usbkey")
        # It is the same token, but nobody is logged in any more.
        assert await code_of(session.call(sign)) == "token_missing"
    async with logged_in(usb) as session:
        assert await session.call(sign)


async def test_a_token_pulled_before_the_pin_is_missing_and_costs_no_try(usb):
    usb.format("usbkey")
    async with pin_session(usb.settings, await usb.reference()) as session:
        usb.pull("usbkey")
        usb.wait_for_serials()
        outcome = await type_pin(session, WRONG)
    assert outcome.agent.code == outcome.typist.code == "token_missing"
    usb.plug("usbkey")
    assert usb.log_in(*[WRONG] * (TRIES - 1))[-1][1:].count("USER_PIN_FINAL_TRY") == 1


async def test_a_token_pulled_this_moment_is_missing_already(usb):
    usb.issue("usbkey")
    [token] = (await usb.content()).tokens
    async with logged_in(usb) as session:
        usb.pull("usbkey")
        call = session.call(protocol.SignData(key=token.certificates[0].key, data=b"text"))
        assert await code_of(call) == "token_missing"


async def test_another_program_and_a_worker_share_the_token(usb):
    usb.issue("usbkey")
    [token] = (await usb.content()).tokens
    certificate = x509.load_der_x509_certificate(token.certificates[0].value)
    async with logged_in(usb) as session:
        for number in range(10):
            data = str(number).encode()
            assert usb.pkcs11_tool("--list-objects").count("Certificate Object") == 2
            signed = await session.call(protocol.SignData(key=token.certificates[0].key, data=data))
            verify(certificate.public_key(), signed, data)


async def test_a_token_that_takes_no_more_keys_may_be_full(usb):
    """OpenSC says CKR_GENERAL_ERROR of a card whose 16 keys are taken, and tells no free memory."""
    usb.format("usbkey")
    for number in range(16):
        usb.pkcs11_tool(
            "--login", "--pin", PIN, "--keypairgen", "--key-type", "EC:secp256r1",
            "--usage-sign", "--id", f"{number + 1:02x}",
        )  # fmt: skip
    async with logged_in(usb) as session:
        with pytest.raises(ReportedError) as caught:
            await session.call(pair_order(b"last"))
    assert caught.value.code == "not_written"
    assert "the token may be full" in caught.value.reported.advice
    assert "opensc-pkcs11.so" in caught.value.reported.message


async def test_what_a_session_wrote_is_listed_at_once(usb, worker):
    usb.format("usbkey")
    assert [t.certificates for t in (await worker.content()).tokens] == [()]
    certificate = certificate_of(ec.generate_private_key(ec.SECP256R1()).public_key())
    async with logged_in(usb) as session:
        await session.call(
            protocol.WriteCertificate(key=KEY_ID, label="sign", certificate=certificate)
        )
        # Listing while the session lasts must not keep what it is about to write from being seen.
        await worker.content()
    [token] = (await worker.content()).tokens
    assert [found.value for found in token.certificates] == [certificate]
