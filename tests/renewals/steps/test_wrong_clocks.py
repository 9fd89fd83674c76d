"""A computer whose clock is wrong loses no renewal for that: what is right by the authority's is right."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from types import SimpleNamespace

import msgspec
import pytest
from certificate_maker import ec_key, make_x509
from confirming import CA, Confirming, Server
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from renewal_maker import NOW, PRIVATE, new_renewal

from agent.renewals.authorities.authority import AuthorityUnreachableError
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.states import State, Waiting
from agent.renewals.steps.checks import CertificateRefusedError
from agent.renewals.steps.context import Wait
from agent.renewals.steps.steps import advance
from agent.renewals.steps.window import SignerExpiredError, TooEarlyError, TooLateError

DAY = dt.timedelta(days=1)
MIDNIGHT = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
OLD = make_x509(not_before=MIDNIGHT - 400 * DAY, not_after=MIDNIGHT - 35 * DAY)
VALID = make_x509(not_before=MIDNIGHT - 30 * DAY, not_after=MIDNIGHT + 30 * DAY)
REQUEST = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(OLD.subject)
    .sign(ec_key("new"), hashes.SHA256())
)


class Telling(Confirming):
    """An authority whose clock is right, and told or not."""

    asks_for_secret = False

    def __init__(self, server=None, *, told=NOW, policy=None):
        super().__init__(server or Server())
        self._told, self._policy = told, policy or Policy(authority="样例服务商")

    async def time(self):
        if isinstance(self._told, Exception):
            raise self._told
        return self._told

    async def policy(self):
        return self._policy


@pytest.fixture
def journal(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        yield journal


def added(journal, state, old, **changes):
    private = msgspec.structs.replace(
        PRIVATE,
        certificate=old.public_bytes(Encoding.DER),
        request=REQUEST.public_bytes(Encoding.DER),
        new_certificate=b"",
    )
    values = {"policy": Policy(authority="样例服务商"), "private": private, **changes}
    return journal.add(new_renewal(state=state, **values))


def context(journal, authority, *, own, is_signed=False):
    """All that steps need, on a computer whose clock says ``own``."""
    return SimpleNamespace(
        signed=authority if is_signed else None,
        enrolment=authority,
        dossier=None,
        issuers=(CA,),
        clock=lambda: own,
        save=journal.save,
        is_plugged_in=lambda _renewal: True,
        abandoned_after=dt.timedelta.max,
    )


BEGINS_TODAY = {"not_before": MIDNIGHT, "not_after": MIDNIGHT + 365 * DAY}


@pytest.mark.parametrize("off", [-400, -40, -3, -2, 0, 3, 364, 366, 4000])
async def test_the_certificate_of_one_that_expired_long_ago_is_taken(journal, off):
    renewal = added(journal, State.ISSUING, OLD)
    server = Server(**BEGINS_TODAY)
    await advance(context(journal, Telling(server), own=NOW + off * DAY), renewal)
    assert journal.get(renewal.id).state is State.INSTALLING
    assert list(server.heard.values()) == [""], "and the authority hears no refusal"


@pytest.mark.parametrize("own", [NOW, NOW - 3 * DAY, NOW + 3 * DAY])
async def test_what_begins_late_by_both_clocks_is_refused(journal, own):
    renewal = added(journal, State.ISSUING, OLD)
    server = Server(not_before=MIDNIGHT + 9 * DAY, not_after=MIDNIGHT + 365 * DAY)
    with pytest.raises(CertificateRefusedError, match="begins after"):
        await advance(context(journal, Telling(server), own=own), renewal)
    assert ["begins after" in said for said in server.heard.values()] == [True]


async def test_without_the_authoritys_clock_there_is_this_computers(journal):
    renewal = added(journal, State.ISSUING, OLD)
    authority = Telling(Server(**BEGINS_TODAY), told=None)
    with pytest.raises(CertificateRefusedError, match="begins after"):
        await advance(context(journal, authority, own=NOW - 3 * DAY), renewal)


WINDOW = {"earliest_days_before_expiry": 90, "latest_days_after_expiry": 30}


@pytest.mark.parametrize("off", [-4000, -61, 0, 61, 4000])
async def test_a_window_that_is_open_at_the_authority_is_open(journal, off):
    renewal = added(journal, State.DRAFTING, VALID)
    policy = Policy(authority="样例服务商", dossier="when_expired", **WINDOW)
    await advance(context(journal, Telling(policy=policy), own=NOW + off * DAY), renewal)
    after = journal.get(renewal.id)
    assert (after.state, after.needs_dossier) == (State.SIGNING, False)


@pytest.mark.parametrize("off", [-400, 0, 400])
async def test_papers_are_asked_for_where_the_authority_will_want_them(journal, off):
    renewal = added(journal, State.DRAFTING, OLD)
    policy = Policy(authority="样例服务商", dossier="when_expired")
    with pytest.raises(Wait) as wait:
        await advance(context(journal, Telling(policy=policy), own=NOW + off * DAY), renewal)
    assert wait.value.reason is Waiting.APPLICANT


@pytest.mark.parametrize(
    ("own", "told", "error"),
    [(-200, -100, TooEarlyError), (-100, -200, TooEarlyError), (99, 66, TooLateError)],
)
async def test_a_window_that_is_closed_by_both_clocks_is_closed(journal, own, told, error):
    renewal = added(journal, State.DRAFTING, VALID)
    policy = Policy(authority="样例服务商", **WINDOW)
    authority = Telling(policy=policy, told=NOW + told * DAY)
    with pytest.raises(error):
        await advance(context(journal, authority, own=NOW + own * DAY), renewal)


@pytest.mark.parametrize("state", [State.DRAFTING, State.SIGNING])
async def test_a_certificate_that_is_valid_at_the_authority_may_sign(journal, state):
    renewal = added(journal, state, VALID)
    steps = advance(context(journal, Telling(), own=NOW + 400 * DAY, is_signed=True), renewal)
    if state is State.DRAFTING:
        assert (await steps).state is State.SIGNING
        return
    with pytest.raises(Wait) as wait:
        await steps
    assert wait.value.reason is Waiting.PIN


async def test_one_that_has_ended_by_both_clocks_may_not(journal):
    renewal = added(journal, State.SIGNING, OLD)
    with pytest.raises(SignerExpiredError):
        await advance(context(journal, Telling(), own=NOW, is_signed=True), renewal)


async def test_nothing_ends_while_the_authoritys_clock_cannot_be_asked_for(journal):
    renewal = added(journal, State.SIGNING, VALID)
    away = Telling(told=AuthorityUnreachableError(reason="away"))
    with pytest.raises(AuthorityUnreachableError):
        await advance(context(journal, away, own=NOW + 400 * DAY, is_signed=True), renewal)
