"""The agent's side of the wire: it takes exactly what the schema says, and answers so."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest
from api_desk import ALLOWED
from certificate_maker import ENCRYPTION, make_der
from hypothesis import given, settings
from hypothesis import strategies as st
from test_login import VALID

sys.path.insert(0, str(Path(__file__).parents[1]))

import wire

from agent.api.methods import (
    browser,
    browser_decrypt,
    browser_documents,
    browser_login,
    browser_sign,
    browser_sign_hash,
    browser_sign_text,
    extension,
)
from agent.api.registry import NoParams, Role

ORIGIN = {"origin": ALLOWED}
PARAMS = {
    "browser.status": browser.OriginParams,
    "browser.certificates": browser.CertificatesParams,
    "browser.certificate": browser.CertificateParams,
    "browser.renew": browser.RenewParams,
    "browser.renewal": browser.RenewalParams,
    "browser.login": browser_login.LoginParams,
    "browser.piece": browser_documents.PieceParams,
    "browser.result": browser_documents.ResultParams,
    "browser.encrypt": browser_decrypt.EncryptParams,
    "browser.decrypt": browser_decrypt.DecryptParams,
    "browser.sign": browser_sign.SignParams,
    "browser.sign_text": browser_sign_text.SignTextParams,
    "browser.sign_hash": browser_sign_hash.SignHashParams,
    "browser.signing_certificate": browser_sign_hash.SigningCertificateParams,
    "browser.cancel": browser.CancelParams,
    "browser.overview": NoParams,
    "browser.sites": NoParams,
    "browser.withdraw": extension.WithdrawParams,
    "browser.open_window": extension.OpenWindowParams,
}
UUID = "0" * 8 + "-0000-4000-8000-" + "0" * 12

# 1.0 is a whole number to JSON Schema and none to the agent; browsers never write it so.
fractions = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer())
items = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(("", "合同", "x" * 8000, "x" * 8001)),
        "name": st.sampled_from(("", "a.pdf", "x" * 256)),
        "upload": st.sampled_from(("0" * 32, "0" * 31, "A" * 32)),
        "size": st.sampled_from((-1, 0, 7, "7")),
    },
)
odd = st.one_of(
    st.none(), st.booleans(), st.integers(-40_000, 40_000), fractions,
    st.text(max_size=5), st.lists(st.integers(), max_size=2), st.just({}), st.lists(items, max_size=33),
)  # fmt: skip
texts = (
    "signing", "encryption", "other", "main", "renew", ALLOWED, "", "x" * 301, "x" * 300, "../../etc",
    "A" * 44, "A" * 43, "A" * 42 + "==", "A" * 43 + "=", "A" * 86 + "==", "A" * 129, "-" * 44,
    "A" * 44 + "\n", "a" * 64, "A" * 64, "a" * 63, "a" * 64 + "\n", UUID, UUID[:-1], UUID + "\n",
)  # fmt: skip
values = st.one_of(st.sampled_from(texts), st.integers(-36_501, 36_501), odd)


def params_of(method):
    """Parameters that are nearly right: the method's own names, sometimes one more."""
    own = dict.fromkeys(PARAMS[method].__struct_fields__, values)
    return st.fixed_dictionaries({}, optional={**own, "x": values})


async def test_every_method_a_browser_may_call_is_in_the_schema(desk):
    called = desk.registry.names_for(Role.BROWSER)
    assert {m for m in wire.METHODS if m.startswith("browser.")} == set(called) == PARAMS.keys()


@pytest.mark.parametrize("method", PARAMS)
@settings(max_examples=150)
@given(data=st.data())
def test_parameters_are_taken_where_the_schema_takes_them_and_nowhere_else(method, data):
    params = data.draw(st.one_of(params_of(method), odd))
    if isinstance(params, dict) and data.draw(st.booleans()):
        params = {**params, **(ORIGIN if "origin" in PARAMS[method].__struct_fields__ else {})}
    try:
        msgspec.json.decode(msgspec.json.encode(params), type=PARAMS[method])
        taken = True
    except msgspec.DecodeError:
        taken = False
    assert taken is wire.is_valid(f"params:{method}", params), params


async def test_answers_and_refusals_are_what_the_schema_says(token_desk, tokens):
    tokens.write(("01", "sign", make_der(**VALID)), ("02", "encrypt", make_der(usage=ENCRYPTION)))
    await token_desk.inventory.refresh()
    [token] = token_desk.inventory.snapshot.tokens
    signing = token.certificates[0].certificate.thumbprint
    peer = await token_desk.browser()
    control = await token_desk.control()
    await control.result("sites.decide", ORIGIN)
    for method, params in {
        "browser.status": ORIGIN,
        "browser.certificates": ORIGIN,
        "browser.certificate": {**ORIGIN, "thumbprint": signing},
        "browser.signing_certificate": ORIGIN,
        "browser.cancel": {**ORIGIN, "request": 1},
        "browser.overview": {},
        "browser.sites": {},
        "browser.withdraw": ORIGIN,
    }.items():
        answer = await peer.ask(method, params)
        wire.check("answer", answer)
        wire.check(f"result:{method}", answer["result"])
    for method, params in {
        "browser.renew": {**ORIGIN, "thumbprint": "0" * 64},
        "browser.renewal": {**ORIGIN, "id": UUID},
        "browser.open_window": {"name": "renew"},
        "browser.certificates": {"origin": "https://www.denied.example"},
        "no such method": {},
    }.items():
        wire.check("errorAnswer", await peer.ask(method, params))


@given(st.binary(max_size=300))
@settings(max_examples=150)
def test_no_bytes_are_taken_for_parameters_that_are_none(data):
    for kind in PARAMS.values():
        try:
            value = msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        assert kind is NoParams or value.origin or kind is extension.OpenWindowParams
