"""What the renew window shows for which renewal; no Qt."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from actors import certificate, pair, put_away, token

from agent.renewals.course import Step
from agent.renewals.journal.states import ENDED, State, Waiting
from agent.windows.renew.choices import find_choices, last_installed, preferred
from agent.windows.renew.countdown import Countdown, pause_named, pause_since
from agent.windows.renew.plan import (
    Page,
    Standing,
    can_cancel,
    is_overtaken,
    items_to_amend,
    page_of,
    remarks_by_item,
    time_line,
)


def renewal(state="drafting", waiting=None, **values):
    usual = {"id": "1", "authority": "沙盒证书服务中心", "state": state, "waiting": waiting, "remarks": [],
             "thumbprint": "ab" * 32, "organisation": "深圳市样例有限公司",
             "token_label": "ODC-USBKEY", "steps": [step.value for step in Step]}  # fmt: skip
    return {**usual, **values}


def listed(*tokens):
    return msgspec.to_builtins(tokens)


@pytest.mark.parametrize(
    ("state", "waiting", "page"),
    [
        ("drafting", None, Page.WAITING),
        ("drafting", "APPLICANT", Page.DOSSIER),
        ("signing", "PIN", Page.PIN),
        ("signing", "TOKEN", Page.TOKEN),
        ("signing", "SPACE", Page.PIN),
        ("drafting", "SECRET", Page.SECRET),
        ("issuing", "PIN", Page.PIN),
        ("submitted", "NETWORK", Page.WAITING),
        ("reviewing", "REVIEW", Page.WAITING),
        ("rejected", "APPLICANT", Page.DOSSIER),
        ("approved", "SMS_CODE", Page.SMS),
        ("issuing", None, Page.WAITING),
        ("installing", "PIN", Page.PIN),
        ("installed", None, Page.END),
        ("failed", None, Page.END),
    ],
)
def test_each_thing_a_renewal_waits_for_has_its_page(state, waiting, page):
    assert page_of(renewal(state, waiting)) is page


def test_every_state_with_every_wait_has_a_page_and_a_time_line():
    for state in State:
        for waiting in (None, *Waiting):
            one = renewal(state.value, waiting.value if waiting else None)
            assert (page_of(one) is Page.END) == (state in ENDED)
            came_to_nothing = state in ENDED and state is not State.INSTALLED
            assert len(time_line(one)) == (0 if came_to_nothing else 5)
            assert can_cancel(one) == (state not in ENDED)


def test_the_time_line_has_one_step_under_way_and_those_before_it_done():
    standings = [view.standing for view in time_line(renewal("reviewing", "REVIEW"))]
    assert standings == [Standing.DONE, Standing.DONE, Standing.NOW, Standing.AHEAD, Standing.AHEAD]


def test_a_rejected_renewal_is_back_at_its_dossier_and_says_so():
    assert time_line(renewal("rejected", "APPLICANT"))[0].standing is Standing.TROUBLE


OF_CMP = ["submission", "installation"]
EARLY = ["submission", "sms", "installation"]


@pytest.mark.parametrize(
    ("state", "waiting", "steps", "standings"),
    [
        ("drafting", "SECRET", OF_CMP, [Standing.NOW, Standing.AHEAD]),
        ("drafting", "NETWORK", OF_CMP, [Standing.NOW, Standing.AHEAD]),
        ("signing", "PIN", OF_CMP, [Standing.NOW, Standing.AHEAD]),
        ("submitted", "NETWORK", OF_CMP, [Standing.NOW, Standing.AHEAD]),
        ("issuing", "PIN", OF_CMP, [Standing.DONE, Standing.NOW]),
        ("installing", "PIN", OF_CMP, [Standing.DONE, Standing.NOW]),
        ("installed", None, OF_CMP, [Standing.DONE, Standing.DONE]),
        ("signing", "PIN", EARLY, [Standing.NOW, Standing.AHEAD, Standing.AHEAD]),
        ("approved", "SMS_CODE", EARLY, [Standing.DONE, Standing.NOW, Standing.AHEAD]),
        ("issuing", None, EARLY, [Standing.DONE, Standing.DONE, Standing.NOW]),
    ],
)
def test_the_time_line_has_the_steps_there_are_alone(state, waiting, steps, standings):
    shown = time_line(renewal(state, waiting, steps=steps))
    assert [view.step for view in shown] == steps
    assert [view.standing for view in shown] == standings


def test_nothing_is_shown_while_the_steps_are_not_known():
    assert time_line(renewal("drafting", steps=[])) == ()


def test_an_installed_renewal_has_every_step_done():
    assert {view.standing for view in time_line(renewal("installed"))} == {Standing.DONE}


def test_an_answer_that_an_event_has_overtaken_is_passed_over():
    early = renewal("drafting", updated="2025-03-07T04:00:00Z", revision=9)
    # The clock was set back in between.
    late = renewal("signing", "PIN", updated="2025-03-07T03:00:00Z", revision=10)
    assert is_overtaken(early, late)
    assert not is_overtaken(late, early)
    assert not is_overtaken(late, late)
    assert not is_overtaken(early, {**late, "id": "2"})
    assert not is_overtaken(early, None)


def test_only_what_the_review_named_is_amended():
    remarks = [{"item": "phone", "text": "号码有误"}, {"item": "phone", "text": "请核实"}]
    rejected = renewal("rejected", "APPLICANT", remarks=remarks)
    known = frozenset({"phone", "name"})
    assert items_to_amend(rejected, known) == {"phone"}
    assert remarks_by_item(rejected) == {"phone": "号码有误\n请核实"}
    whole = renewal("rejected", "APPLICANT", remarks=[{"item": "", "text": "资料不清"}, *remarks])
    assert items_to_amend(whole, known) is None
    assert items_to_amend(renewal("drafting", "APPLICANT"), known) is None


def test_what_is_under_way_comes_first_also_while_its_token_is_away():
    late, soon = certificate(days=80, number=1), certificate(days=3, number=2)
    away = renewal("reviewing", "REVIEW", thumbprint="cd" * 32, organisation="别家")
    found = find_choices(listed(token(late), token(soon)), [away])
    assert [c.thumbprint for c in found] == ["cd" * 32, soon.thumbprint, late.thumbprint]
    assert preferred(found, late.thumbprint).thumbprint == late.thumbprint
    assert preferred(found, "").is_under_way


def test_what_lies_in_a_drawer_can_be_renewed_unless_it_is_done_with():
    drawer = token(*pair(number=1), label="财务")
    [choice] = find_choices(listed(put_away(drawer)), [])
    assert (choice.token, choice.away) == ("财务", "未插入,最后一次见于2024-03-08")
    for done in ({"renewed_by": "cd" * 32}, {"is_silenced": True}):
        away = token(certificate(number=1, **done))
        assert find_choices(listed(put_away(away)), []) == ()
        assert len(find_choices(listed(away), [])) == 1


def test_an_open_renewal_counts_more_than_a_newer_one_that_ended():
    [signing, _] = pair()
    ended = renewal("cancelled", thumbprint=signing.thumbprint, id="2")
    under_way = renewal("approved", "SMS_CODE", thumbprint=signing.thumbprint, id="1")
    [choice] = find_choices(listed(token(*pair())), [ended, under_way])
    assert choice.renewal["id"] == "1"
    assert preferred((), "") is None


def test_the_service_is_the_authority_of_the_renewal_else_the_organisation_of_the_issuer():
    [choice] = find_choices(listed(token(certificate())), [])
    assert choice.service == "NETCA Certificate Authority"
    escaped = certificate(issuer=r"CN=CA,O=One\, Two\+Three,C=CN")
    assert find_choices(listed(token(escaped)), [])[0].service == "One, Two+Three"


def test_what_was_renewed_is_not_offered_again_and_tells_the_last_update():
    old = certificate(is_current=False)
    assert find_choices(listed(token(old)), []) == ()
    done = renewal("installed", id="3")
    assert last_installed([renewal("failed"), done], "深圳市样例有限公司") is done


def test_a_countdown_ends_and_obeys_the_pause_the_authority_names():
    countdown = Countdown()
    assert countdown.left(100.0) == 0
    countdown.begin(100.0, 60)
    assert (countdown.left(100.5), countdown.left(159.9), countdown.left(160.0)) == (60, 1, 0)
    assert pause_named({"details": {"seconds": 12}}) == 12
    assert pause_named({"details": {}}) is None


def test_what_is_left_of_a_pause_is_never_more_than_a_pause_whatever_the_clock_did():
    sent = "2026-11-23T10:00:00Z"
    at = dt.datetime.fromisoformat(sent)
    after = (dt.timedelta(seconds=seconds) for seconds in (0, 20, 60, 86400, -86400))
    assert [pause_since(sent, at + each) for each in after] == [60, 40, 0, 0, 60]
