"""No try is used up without consent, none by itself, and PIN pads are typed on: C_Login is counted."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from faulty_bench import KEY, KEY_ID
from pin_desk import PinDesk, type_in
from soft_token import PIN, Outcome, type_pin

from agent.ground.errors import OdcError
from agent.tokens import protocol
from agent.tokens.model import PinState
from agent.tokens.pin_change import PinChanged
from agent.tokens.supervisor import pin_session

WRONG, NEW = "000000", "246801"
REFUSED = {
    "final_try": "pin_final_try",
    "locked": "pin_locked",
    "not_set": "pin_not_set",
    "to_be_changed": "pin_to_be_changed",
}


@pytest.fixture
async def desk(bench, tmp_path):
    async with PinDesk(bench.settings, tmp_path) as desk:
        yield desk


def tries(bench) -> int:
    calls = bench.calls()
    return calls["C_Login"] + calls["C_SetPIN"]


async def code_of(asking) -> str:
    with pytest.raises(OdcError) as caught:
        await asking
    return caught.value.code


@pytest.mark.parametrize(("flag", "code"), REFUSED.items())
async def test_no_pin_is_asked_for_in_a_state_that_forbids_it(bench, desk, flag, code):
    bench.switch_on(f"C_GetTokenInfo={flag}")
    assert await code_of(desk.ask()) == code
    assert tries(bench) == 0


@pytest.mark.parametrize("flag", ["final_try", "locked", "not_set"])
async def test_no_pin_is_changed_in_a_state_that_forbids_it(bench, desk, flag):
    bench.switch_on(f"C_GetTokenInfo={flag}")
    assert await code_of(desk.ask_to_change()) == REFUSED[flag]
    assert tries(bench) == 0


async def test_a_wrong_pin_before_is_told_and_forbids_nothing(bench, desk):
    bench.switch_on("C_GetTokenInfo=count_low")
    assert (await desk.ask()).offer.pin_state is PinState.COUNT_LOW


async def test_a_last_try_is_used_with_consent_and_only_once(bench, desk):
    bench.switch_on("C_GetTokenInfo=final_try")
    outcome = await desk.log_in(WRONG, consents=True)
    assert outcome.code == "pin_incorrect"
    assert tries(bench) == 1
    assert await code_of(desk.ask()) == "pin_final_try"
    assert tries(bench) == 1


async def test_a_pin_that_must_be_changed_can_be_changed(bench, desk):
    bench.switch_on("C_GetTokenInfo=to_be_changed")
    assert (await desk.ask_to_change()).offer.pin_state is PinState.TO_BE_CHANGED


@pytest.mark.parametrize("is_change", [False, True])
async def test_a_try_that_became_the_last_one_meanwhile_is_not_used_up(bench, desk, is_change):
    asked = await (desk.ask_to_change() if is_change else desk.ask())
    # Another program has entered wrong PINs since.
    bench.switch_on("C_GetTokenInfo=final_try")
    told = await type_in(asked, *([PIN, NEW] if is_change else [PIN]))
    assert told.code == "pin_final_try"
    assert tries(bench) == 0


async def test_what_a_wrong_pin_showed_is_known_though_the_flags_are_silent(bench, desk):
    # As OpenSC 0.23 does for some cards: only the process that tried is told.
    before = bench.calls()["C_GetTokenInfo"]
    asked = await desk.ask()
    # Each look at the token calls as often; that for the offer also asks for the PIN's limits.
    looks = bench.calls()["C_GetTokenInfo"] - before - 1
    bench.switch_on(f"C_Login=pin_incorrect,C_GetTokenInfo=final_try@{2 * looks + 2}")
    assert (await type_in(asked, WRONG)).code == "pin_incorrect"
    bench.switch_off()
    await desk.outcomes.get()
    await desk.inventory.refresh()
    assert desk.state is PinState.FINAL_TRY
    assert await code_of(desk.ask()) == "pin_final_try"
    assert await desk.log_in(PIN, consents=True) == "done"
    await desk.inventory.refresh()
    assert desk.state is PinState.OK


async def test_a_lock_that_only_the_try_showed_lasts_until_somebody_says_otherwise(bench, desk):
    asked = await desk.ask()
    bench.switch_on("C_Login=pin_locked")
    assert (await type_in(asked, WRONG)).code == "pin_locked"
    bench.switch_off()
    await desk.outcomes.get()
    assert await code_of(desk.ask()) == "pin_locked"
    desk.sessions.was_unlocked(desk.token)
    assert await desk.log_in(PIN) == "done"


@pytest.mark.parametrize("fault", ["crash", "exit", "general_error"])
async def test_a_try_without_an_outcome_is_remembered_and_not_repeated(bench, desk, fault):
    asked = await desk.ask()
    bench.switch_on(f"C_Login={fault}")
    assert await type_in(asked, PIN) is not None
    bench.switch_off()
    await desk.outcomes.get()
    await desk.inventory.refresh()
    assert desk.state is PinState.COUNT_LOW
    assert tries(bench) == 1


async def test_a_pin_pad_is_typed_on_and_nothing_is_sent(bench, desk):
    bench.switch_on("C_GetTokenInfo=pad,C_Login=pad")
    bench.pad.write_text(PIN)
    asked = await desk.ask()
    assert asked.offer.has_pin_pad
    assert await type_in(asked) is None
    assert await desk.outcomes.get() == "done"
    assert tries(bench) == 1


async def test_a_wrong_pin_on_a_pad_is_told_and_not_tried_again(bench, desk):
    bench.switch_on("C_GetTokenInfo=pad,C_Login=pad")
    bench.pad.write_text(WRONG)
    asked = await desk.ask()
    assert (await type_in(asked)).code == "pin_incorrect"
    assert (await desk.outcomes.get()).code == "pin_incorrect"
    assert tries(bench) == 1


async def test_a_pin_is_changed_on_a_pad(bench, desk):
    bench.switch_on("C_GetTokenInfo=pad,C_SetPIN=pad")
    bench.pad.write_text(f"{PIN} {NEW}")
    assert await desk.change_pin() is None
    assert PinChanged(token=desk.token) in desk.events
    assert tries(bench) == 1
    bench.switch_off()
    assert await desk.log_in(NEW) == "done"


async def test_a_wrong_old_pin_on_a_pad_is_told(bench, desk):
    bench.switch_on("C_GetTokenInfo=pad,C_SetPIN=pad")
    bench.pad.write_text(f"{WRONG} {NEW}")
    assert (await desk.change_pin()).code == "old_pin_incorrect"
    assert tries(bench) == 1


async def test_a_pad_on_which_nobody_types_is_no_wrong_pin(bench, desk):
    bench.switch_on("C_GetTokenInfo=pad,C_SetPIN=pad")
    assert (await desk.change_pin()).code == "pin_not_given"
    assert desk.state is PinState.OK


@pytest.mark.parametrize(
    ("value", "rule"), [("0xa2", "length"), ("0xa1", "characters"), ("0x1b8", "weak")]
)
async def test_a_new_pin_the_token_refuses_is_told_by_its_rule(bench, desk, value, rule):
    bench.switch_on(f"C_SetPIN={value}")
    told = await desk.change_pin(PIN, NEW)
    assert (told.code, told.values["rule"]) == ("new_pin_refused", rule)
    assert desk.state is PinState.OK
    assert tries(bench) == 1


@pytest.fixture
def wary(bench):
    """The bench's key wants the PIN before each signature."""
    bench.tokens._run(
        "pkcs11-tool", "--module", bench.plain.path, "--login", "--pin", PIN,
        "--delete-object", "--type", "privkey", "--id", KEY_ID.hex(),
    )  # fmt: skip
    key = bench.tokens.folder.parent / "wary.pem"
    key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    bench.tokens._run(
        "pkcs11-tool", "--module", bench.plain.path, "--login", "--pin", PIN,
        "--write-object", str(key), "--type", "privkey", "--id", KEY_ID.hex(),
        "--label", "sign", "--always-auth", "--usage-sign",
    )  # fmt: skip
    return bench


async def test_a_key_that_wants_the_pin_each_time_gets_it(wary, reference):
    async with pin_session(wary.settings, reference) as session:
        before = wary.calls()["C_Login"]
        assert await type_pin(session, PIN) == Outcome(None, None)
        for data in (b"one", b"two"):
            signature = await session.call(protocol.SignData(key=KEY_ID, data=data))
            KEY.public_key().verify(signature, data, ec.ECDSA(hashes.SHA256()))
        assert wary.calls()["C_Login"] == before + 3, "one to log in, one for each signature"


async def test_a_context_login_that_fails_is_not_tried_again(wary, reference):
    sign = protocol.SignData(key=KEY_ID, data=b"text")
    async with pin_session(wary.settings, reference) as session:
        before = wary.calls()["C_Login"]
        assert await type_pin(session, PIN) == Outcome(None, None)
        wary.switch_on("C_Login=pin_incorrect")
        assert await code_of(session.call(sign)) == "pin_incorrect"
        for _ in range(2):
            await code_of(session.call(sign))
        assert wary.calls()["C_Login"] == before + 2, "one to log in, one for the signature"
