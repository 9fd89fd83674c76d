"""What is known of a PIN's tries: what flags say, what tries showed, and what follows for the next."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from agent.ground.language import Language
from agent.tokens.errors import (
    ModuleHangsError,
    PinFinalTryError,
    PinFormError,
    PinIncorrectError,
    PinLockedError,
    PinNotSetError,
    PinToBeChangedError,
)
from agent.tokens.model import PinFacts, PinState, TokenReference
from agent.tokens.pin_memory import PinMemory
from agent.tokens.pin_states import (
    STATE_SENTENCES,
    PinPurpose,
    check_last_try,
    check_state,
    state_text,
    worse,
)

TOKEN = TokenReference(module="/a.so", serial="0815", label="ODC-USBKEY")
SAME_BY_ANOTHER_MODULE = TokenReference(module="/b.so", serial="0815", label="ODC-USBKEY")
OTHER = TokenReference(module="/a.so", serial="4711", label="ODC-USBKEY")
OK, LOW, FINAL, LOCKED = PinState.OK, PinState.COUNT_LOW, PinState.FINAL_TRY, PinState.LOCKED


@pytest.fixture
def file(tmp_path):
    return tmp_path / "pins.json"


@pytest.fixture
def memory(file):
    return PinMemory(file)


def wrong(state: PinState) -> PinIncorrectError:
    return PinIncorrectError(pin_state=state)


def test_what_a_try_showed_is_known_to_a_token_that_does_not_tell(memory):
    memory.has_tried(TOKEN, wrong(FINAL))
    assert memory.state(TOKEN, OK) is FINAL
    assert memory.has_read(TOKEN, OK) is FINAL, "flags that never said it cannot take it back"
    assert memory.state(OTHER, OK) is OK


def test_a_token_is_the_same_by_whatever_module_it_is_seen(memory):
    memory.has_tried(TOKEN, wrong(FINAL))
    assert memory.state(SAME_BY_ANOTHER_MODULE, OK) is FINAL


def test_it_is_known_after_a_restart_too(memory, file):
    memory.has_tried(TOKEN, wrong(FINAL))
    assert PinMemory(file).state(TOKEN, OK) is FINAL


@pytest.mark.parametrize(
    ("flags", "shown"), [*itertools.product((OK, LOW, FINAL, LOCKED), repeat=2)]
)
def test_the_graver_of_both_is_told(memory, flags, shown):
    memory.has_tried(TOKEN, wrong(shown))
    assert memory.state(TOKEN, flags) is worse(flags, worse(shown, LOW))


def test_the_right_pin_clears_it(memory, file):
    memory.has_tried(TOKEN, wrong(FINAL))
    memory.has_tried(TOKEN, None)
    assert memory.state(TOKEN, OK) is OK
    assert PinMemory(file).state(TOKEN, OK) is OK


def test_a_token_that_tells_is_believed_when_it_tells_of_an_unlock(memory):
    memory.has_tried(TOKEN, PinLockedError())
    assert memory.has_read(TOKEN, LOCKED) is LOCKED
    assert memory.has_read(TOKEN, OK) is OK


def test_a_token_that_tells_less_than_was_shown_is_not_believed(memory):
    memory.has_tried(TOKEN, wrong(FINAL))
    assert memory.has_read(TOKEN, LOW) is FINAL
    assert memory.has_read(TOKEN, OK) is FINAL


def test_a_lock_that_is_only_remembered_is_opened_by_who_says_so(memory):
    memory.has_tried(TOKEN, PinLockedError())
    memory.was_unlocked(TOKEN)
    assert memory.state(TOKEN, OK) is OK
    assert memory.state(TOKEN, LOCKED) is LOCKED, "the token itself is believed"


def test_a_final_try_is_not_forgotten_by_who_says_unlocked(memory):
    memory.has_tried(TOKEN, wrong(FINAL))
    memory.was_unlocked(TOKEN)
    assert memory.state(TOKEN, OK) is FINAL


def test_a_token_made_anew_has_no_past(memory):
    memory.has_tried(TOKEN, PinLockedError())
    assert memory.has_read(TOKEN, PinState.NOT_SET) is PinState.NOT_SET
    assert memory.state(TOKEN, OK) is OK


def test_a_try_nobody_knows_the_outcome_of_is_taken_for_a_wrong_one(memory):
    memory.has_tried(TOKEN, ModuleHangsError(module="a.so", seconds=60))
    assert memory.state(TOKEN, OK) is LOW


def test_what_cost_no_try_changes_nothing(memory, file):
    memory.has_tried(TOKEN, PinFormError())
    assert memory.state(TOKEN, OK) is OK
    assert not file.exists()


@pytest.mark.parametrize("content", [b"", b"{", b'{"x": {"state": "soft"}}', b"\xff"])
def test_a_damaged_file_costs_what_the_flags_do_not_say(file, content):
    file.write_bytes(content)
    memory = PinMemory(file)
    assert memory.state(TOKEN, OK) is OK
    memory.has_tried(TOKEN, wrong(FINAL))
    assert PinMemory(file).state(TOKEN, OK) is FINAL


def test_a_full_disk_does_not_keep_the_state_from_this_process(file):
    file.mkdir()
    memory = PinMemory(file)
    memory.has_tried(TOKEN, wrong(FINAL))
    assert memory.state(TOKEN, OK) is FINAL


@pytest.mark.parametrize("shown", [LOW, FINAL, LOCKED])
def test_a_token_that_tells_a_number_is_believed_whatever_was_seen(memory, file, shown):
    memory.has_tried(TOKEN, wrong(shown))
    assert memory.state(TOKEN, OK, tries_left=10) is OK
    assert memory.state(TOKEN, LOW, tries_left=4) is LOW
    assert memory.has_read(TOKEN, OK, tries_left=10) is OK
    assert PinMemory(file).state(TOKEN, OK) is OK, "nothing is remembered beside a number"


def test_a_number_of_no_tries_is_a_number_too(memory):
    memory.has_tried(TOKEN, wrong(FINAL))
    assert memory.has_read(TOKEN, LOCKED, tries_left=0) is LOCKED


def test_each_application_of_a_token_has_a_pin_of_its_own(memory, file):
    one, other = (msgspec.structs.replace(TOKEN, application=name) for name in ("GDCA", "NETCA"))
    memory.has_tried(one, PinLockedError())
    assert memory.state(one, OK) is LOCKED
    assert PinMemory(file).state(one, OK) is LOCKED
    assert memory.state(other, OK) is OK
    assert memory.state(TOKEN, OK) is OK


def test_what_a_version_without_applications_remembered_is_known(file):
    file.write_text('{"0815 ODC-USBKEY": {"state": "final_try", "is_told": false}}')
    assert PinMemory(file).state(TOKEN, OK) is FINAL


@pytest.mark.parametrize("state", [OK, LOW])
def test_the_last_moment_refuses_nothing_that_is_not_grave(state):
    check_last_try(state, accepts_final_try=False)


def test_the_last_moment_asks_for_consent_to_the_last_try_and_opens_no_lock():
    check_last_try(FINAL, accepts_final_try=True)
    with pytest.raises(PinFinalTryError):
        check_last_try(FINAL, accepts_final_try=False)
    with pytest.raises(PinLockedError):
        check_last_try(LOCKED, accepts_final_try=True)


@pytest.mark.parametrize("purpose", PinPurpose)
@pytest.mark.parametrize(
    ("state", "refusal"),
    [(FINAL, PinFinalTryError), (LOCKED, PinLockedError), (PinState.NOT_SET, PinNotSetError)],
)
def test_nothing_is_tried_in_a_state_that_forbids_it(state, refusal, purpose):
    with pytest.raises(refusal):
        check_state(state, state, purpose, accepts_final_try=False)


@pytest.mark.parametrize("state", [LOCKED, PinState.NOT_SET])
def test_consent_to_the_last_try_opens_nothing_else(state):
    with pytest.raises((PinLockedError, PinNotSetError)):
        check_state(state, state, PinPurpose.SUBMIT, accepts_final_try=True)


def test_the_last_try_is_free_with_consent():
    check_state(FINAL, FINAL, PinPurpose.SUBMIT, accepts_final_try=True)


def test_a_pin_that_is_to_be_changed_can_only_be_changed():
    state = PinState.TO_BE_CHANGED
    check_state(state, state, PinPurpose.CHANGE, accepts_final_try=False)
    for purpose in (PinPurpose.SUBMIT, PinPurpose.INSTALL):
        with pytest.raises(PinToBeChangedError):
            check_state(state, state, purpose, accepts_final_try=False)


def test_a_remembered_lock_says_how_to_tell_of_its_opening():
    with pytest.raises(PinLockedError) as told:
        check_state(OK, LOCKED, PinPurpose.SUBMIT, accepts_final_try=False)
    with pytest.raises(PinLockedError) as seen:
        check_state(LOCKED, LOCKED, PinPurpose.SUBMIT, accepts_final_try=False)
    assert "备齐资料前往窗口现场办理解锁" in seen.value.report().advice_zh
    assert "pin unlocked" in told.value.report().advice_zh
    assert "pin unlocked" not in seen.value.report().advice_zh


@pytest.mark.parametrize("state", PinState)
def test_every_state_has_a_sentence(state):
    assert STATE_SENTENCES[state]


@pytest.mark.parametrize(
    ("facts", "said", "unsaid"),
    [
        ({"pin_state": PinState.OK, "tries_left": 10}, "剩余密码重试次数: 10", "错"),
        ({"pin_state": PinState.COUNT_LOW, "tries_left": 3}, "剩余密码重试次数: 3", "未知"),
        ({"pin_state": PinState.LOCKED, "tries_left": 0}, "窗口", "剩余"),
        ({"pin_state": PinState.OK, "is_factory_pin": True}, "出厂密码", "剩余"),
    ],
)
def test_a_number_of_tries_is_told_where_there_is_one(facts, said, unsaid):
    text = state_text(PinFacts(**facts), Language.ZH)
    assert said in text
    assert unsaid not in text
