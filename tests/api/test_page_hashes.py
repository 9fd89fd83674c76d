"""A page has a hash signed that it chose: where the administrator allows its site that, and nowhere else."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib

import pytest
from certificate_maker import thumbprint_of
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from skf_bench import PIN, rsa_half
from test_login import DENIED, OVER, SITE, code_of, holder, visitor, write_pair, written
from test_page_signing import Signer
from test_sm2_login import sm2_desk

from agent.ground.clock import utc_now
from agent.settings.config import BrowserSettings
from sandbox.skf_token.codes import KeyKind
from sandbox.skf_token.state import Container

__all__ = ["holder", "visitor", "written"]
RULES = BrowserSettings(allow_sign_hash=(SITE,))
FUNCTIONS = {"SHA-256": hashes.SHA256(), "SHA-384": hashes.SHA384(), "SHA-512": hashes.SHA512()}
CONTENT = "合同".encode()


def digest(function="SHA-256"):
    return hashlib.new(function.replace("-", "").lower(), CONTENT).digest()


def asks(visitor, thumbprint, content=None, **params):
    wanted = {"origin": SITE, "thumbprint": thumbprint, **params}
    wanted.setdefault("hash", base64.b64encode(content or digest()).decode())
    return asyncio.create_task(visitor.page.ask("browser.sign_hash", wanted))


def thumbprint(visitor):
    [token] = visitor.desk.inventory.snapshot.tokens
    return token.certificates[0].certificate.thumbprint


def check(certificate, signed):
    """Have somebody else verify a signature over the content itself, as a portal's server does."""
    public = x509.load_der_x509_certificate(certificate).public_key()
    raw = base64.b64decode(signed["signature"])
    how = signed["signatureAlgorithm"]
    function = FUNCTIONS[how["hashFunction"]]
    if how["cryptoAlgorithm"] == "RSA":
        assert how["paddingScheme"] == "PKCS1.5"
        public.verify(raw, CONTENT, padding.PKCS1v15(), function)
        return
    half = len(raw) // 2
    numbers = (int.from_bytes(part, "big") for part in (raw[:half], raw[half:]))
    public.verify(encode_dss_signature(*numbers), CONTENT, ec.ECDSA(function))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("kind", ["rsa:2048", "ec:secp256r1", "ec:secp384r1"])
async def test_it_is_asked_as_what_it_is_and_signed_as_the_policy_allows(
    visitor, tokens, kind, function
):
    visitor.desk.rules = RULES
    await write_pair(tokens, kind=kind)
    await visitor.desk.inventory.refresh()
    asking = asks(visitor, thumbprint(visitor), digest(function))
    question = await visitor.question()
    assert question["action"] == "sign"
    assert question["token_use"]["may_be_allowed"] is False
    [shown] = question["token_use"]["shown"]
    assert (shown["kind"], shown["hash"]) == ("hash", f"{function} {digest(function).hex()}")
    assert "摘要值" in question["asks"]
    assert any("谁也看不出" in sentence for sentence in question["shows"])
    await visitor.types(await visitor.prompt(question))
    certificate = visitor.desk.inventory.snapshot.tokens[0].certificates[0].certificate.der
    check(certificate, (await asking)["result"])


async def test_without_the_policy_it_is_refused_before_anybody_is_asked(holder, caplog):
    caplog.set_level("INFO")
    # Neither what is allowed besides, nor what the user decides.
    holder.desk.rules = BrowserSettings(
        allow=("https://*",), allow_sign=(SITE,), allow_login=(SITE,)
    )
    assert code_of(await asks(holder, thumbprint(holder)))[1] == "hash_not_allowed"
    assert holder.desk.consent.questions.all == ()
    assert any("hash_not_allowed" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "rules",
    [
        BrowserSettings(allow_sign_hash=(SITE,), deny_sign=(SITE,)),
        BrowserSettings(allow_sign_hash=(SITE,), deny=("*",)),
    ],
)
async def test_a_ban_comes_first(holder, rules):
    holder.desk.rules = rules
    assert code_of(await asks(holder, thumbprint(holder))) == DENIED


async def test_another_site_or_port_is_not_that_site(holder):
    holder.desk.rules = RULES
    for origin in (f"{SITE}:8443", "https://b.example"):
        assert (
            code_of(await asks(holder, thumbprint(holder), origin=origin))[1] == "hash_not_allowed"
        )


async def test_it_takes_the_certificate_that_is_named_and_one_that_is_valid(visitor, tokens):
    visitor.desk.rules = RULES
    await write_pair(tokens, **OVER)
    await visitor.desk.inventory.refresh()
    for wanted, code in (
        (thumbprint(visitor), "certificate_expired"),
        ("0" * 64, "certificate_not_found"),
    ):
        asking = asks(visitor, wanted)
        question = await visitor.question()
        assert question["token_use"]["problem"]["code"] == code
        await visitor.answers(question, "decline")
        assert code_of(await asking) == DENIED


@pytest.mark.parametrize(
    "given",
    ["", "A" * 44, "A" * 43, "A" * 42 + "==", "A" * 28, "A" * 43 + "=\n", 7, None],
)  # fmt: skip
async def test_what_is_no_hash_is_refused(holder, given):
    holder.desk.rules = RULES
    answer = await asks(holder, thumbprint(holder), hash=given)
    assert code_of(answer)[1] == "invalid_request"


async def test_there_is_a_line_that_says_it_was_a_hash(holder, caplog):
    caplog.set_level("INFO")
    holder.desk.rules = RULES
    asking = asks(holder, thumbprint(holder))
    await holder.types(await holder.prompt(await holder.question()))
    assert "result" in await asking
    lines = [record.getMessage() for record in caplog.records]
    said = f"token used for a page action=sign shown=hash origin={SITE} certificate="
    assert any(line.startswith(said) and line.endswith("outcome=done") for line in lines)
    assert not any(digest().hex() in line for line in lines)


async def test_a_certificate_to_sign_with_is_told_once_the_person_lets_it(holder):
    asking = asyncio.create_task(holder.page.ask("browser.signing_certificate", {"origin": SITE}))
    question = await holder.question()
    assert question["action"] == "certificates"
    await holder.answers(question, "once")
    found = (await asking)["result"]
    assert thumbprint_of(base64.b64decode(found["certificate"])) == thumbprint(holder)
    assert [a["hashFunction"] for a in found["supportedSignatureAlgorithms"]] == list(FUNCTIONS)
    assert {a["cryptoAlgorithm"] for a in found["supportedSignatureAlgorithms"]} == {"ECC"}


def rsa_container_of_today():
    """A pair whose certificate is valid at the desk of a token that speaks SKF."""
    year = dt.timedelta(days=365)
    half = rsa_half("RSA signing", not_before=utc_now() - year, not_after=utc_now() + year)
    return Container(name="RSA", kind=KeyKind.RSA, signing=half)


@pytest.mark.parametrize("is_rsa", [True, False])
async def test_a_token_by_skf_signs_hashes_with_rsa_and_not_with_sm2(runtime, monkeypatch, is_rsa):
    containers = (rsa_container_of_today(),) if is_rsa else ()
    async with sm2_desk(runtime, monkeypatch, *containers) as (_, desk, user):
        who = Signer(desk, await desk.browser(), user)
        desk.rules = RULES
        [token] = desk.inventory.snapshot.tokens
        certificate = token.certificates[0].certificate
        asking = asks(who, certificate.thumbprint)
        question = await who.question()
        if not is_rsa:
            assert question["token_use"]["problem"]["code"] == "certificate_unsuitable"
            await who.answers(question, "decline")
            return
        await who.types(await who.prompt(question), PIN)
        check(certificate.der, (await asking)["result"])


async def test_another_pair_that_came_under_the_certificate_signs_nothing_for_a_page(
    runtime, monkeypatch
):
    """A program may make one while the token stays plugged in: the listing knows of it only later."""
    async with sm2_desk(runtime, monkeypatch, rsa_container_of_today()) as (bench, desk, user):
        who = Signer(desk, await desk.browser(), user)
        desk.rules = RULES
        [token] = desk.inventory.snapshot.tokens
        certificate = token.certificates[0].certificate
        [application] = bench.bus.plugged["key"].state.applications
        held, other = application.containers[0].signing, rsa_half("another pair")
        held.private, held.public = other.private, other.public
        asking = asks(who, certificate.thumbprint)
        await who.types(await who.prompt(await who.question()), PIN)
        assert code_of(await asking)[1] == "not_signed"
