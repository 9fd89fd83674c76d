"""Logging in and signing with SM2, on a token that speaks SKF: API, worker, the library, and openssl."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib

import api_desk
import pytest
from certificate_maker import openssl
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from skf_bench import PIN, SkfBench, application, sm2_container
from sm2_key import Sm2Key
from test_login import NONCE, SITE, Visitor, code_of

from agent.certificates.model import CertificateUse
from agent.ground.clock import utc_now
from agent.tokens.model import ModuleSettings
from sandbox.portal.verify import Portal, RefusedError


@contextlib.asynccontextmanager
async def sm2_desk(runtime, monkeypatch, *containers):
    """An agent with an SM2 token, whose certificates openssl has made just now, and its user."""
    folder = runtime / "skf"
    folder.mkdir()
    bench = SkfBench(folder)
    bench.make("key", application(*(containers or (sm2_container(),))), label="样例KEY")
    bench.plug()
    monkeypatch.setattr(
        api_desk, "NOW", utc_now()
    )  # the second in which they were made may be over
    settings = ModuleSettings(path=str(bench.library()), environment=bench.environment)
    async with api_desk.ApiDesk(runtime / "home", settings) as desk:
        user = await desk.control()
        await user.result("consent.attend")
        await desk.inventory.refresh()
        yield bench, desk, user
    bench.close()


@pytest.fixture
async def visitor(runtime, monkeypatch):
    async with sm2_desk(runtime, monkeypatch) as (_, desk, user):
        yield Visitor(desk, await desk.browser(), user)


async def test_a_token_that_speaks_skf_logs_in_with_sm2(visitor, tmp_path):
    asking = visitor.asks()
    question = await visitor.question()
    assert [c["problem"] for c in question["token_use"]["candidates"]] == [None]
    await visitor.types(await visitor.prompt(question), PIN)
    token = (await asking)["result"]
    assert (token["format"], token["algorithm"]) == ("odc-sm2:1.0", "sm2sig_sm3")

    der = base64.b64decode(token["unverifiedCertificate"])
    certificate = x509.load_der_x509_certificate(der)
    now = utc_now()
    assert Portal(SITE, (certificate,)).logged_in(token, NONCE, now) == certificate

    raw = base64.b64decode(token["signature"])
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    (tmp_path / "signature").write_bytes(encode_dss_signature(r, s))
    digests = (hashlib.new("sm3", text.encode()).digest() for text in (SITE, NONCE))
    (tmp_path / "signed").write_bytes(b"".join(digests))
    (tmp_path / "certificate").write_bytes(der)
    key = openssl(
        "x509", "-inform", "DER", "-in", "certificate", "-noout", "-pubkey", folder=tmp_path
    )
    (tmp_path / "key").write_bytes(key)
    said = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "signed", "-digest", "sm3",
        "-sigfile", "signature", "-pkeyopt", "distid:1234567812345678", folder=tmp_path,
    )  # fmt: skip
    assert b"Verified Successfully" in said


async def test_it_has_a_text_signed_for_a_page_with_sm2(visitor):
    asked = {"origin": SITE, "items": [{"text": "同意"}]}
    asking = asyncio.create_task(visitor.page.ask("browser.sign", asked))
    question = await visitor.question()
    await visitor.types(await visitor.prompt(question), PIN)
    answer = (await asking)["result"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(answer["certificate"]))
    [signed] = answer["signatures"]
    signature = base64.b64decode(signed["head"])
    here, elsewhere = (Portal(origin, (certificate,)) for origin in (SITE, "https://b.example"))
    assert here.signed(signature, "同意".encode(), utc_now()) == certificate
    for portal, content in ((here, "不同意"), (elsewhere, "同意")):
        with pytest.raises(RefusedError):
            portal.signed(signature, content.encode(), utc_now())


async def test_it_signs_a_file_with_sm2(visitor, tmp_path):
    document = tmp_path / "合同.pdf"
    document.write_bytes(b"%PDF-1.7")
    [token] = visitor.desk.inventory.snapshot.tokens
    thumbprint = next(
        held.certificate.thumbprint
        for held in token.certificates
        if held.certificate.use is CertificateUse.SIGNING
    )
    await visitor.user.result("events.subscribe")
    wanted = {"thumbprint": thumbprint, "files": [str(document)]}
    signing = await visitor.user.result("signing.sign", wanted)
    await visitor.types(signing["pin"], PIN)
    async with asyncio.timeout(20):
        while not document.with_name("合同.pdf.p7s").exists():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    found = await visitor.user.result("signing.verify", {"file": str(document)})
    assert found["thumbprint"] == thumbprint
    assert [doubt["code"] for doubt in found["doubts"]] == ["untrusted"]


@pytest.mark.parametrize("asks", ["log in", "sign"])
async def test_another_pair_that_came_under_the_certificate_signs_nothing_for_a_page(
    runtime, monkeypatch, asks
):
    """A program may make one while the token stays plugged in: the listing knows of it only later."""
    async with sm2_desk(runtime, monkeypatch) as (bench, desk, user):
        visitor = Visitor(desk, await desk.browser(), user)
        [application] = bench.bus.plugged["key"].state.applications
        held, other = application.containers[0].signing, Sm2Key.new()
        held.private, held.public = other.private, other.point
        asked = {"origin": SITE, "items": [{"text": "同意"}]}
        asking = (
            visitor.asks()
            if asks == "log in"
            else asyncio.create_task(visitor.page.ask("browser.sign", asked))
        )
        await visitor.types(await visitor.prompt(await visitor.question()), PIN)
        assert code_of(await asking)[1] == "not_signed"
