"""The services with a clock of our own: codes, timers, windows, over the real database."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sqlite3
import stat
import uuid
from contextlib import closing

import msgspec
import pytest
from sandbox_desk import new_rsa_key, sign_cms
from sandbox_office import Office

from agent.renewals.authorities.ra_protocol import DocumentName, Policy, ProblemCode, Remark
from sandbox.authority.schema import _MIGRATIONS
from sandbox.authority.sms import ATTEMPTS, MAX_CODES, Outbox, SmsCodes
from sandbox.authority.store import Store
from sandbox.problems import RefusalError


@pytest.fixture
def office(home, rsa_keys) -> Office:
    return Office(home, rsa_keys)


def refusal(call, *arguments) -> RefusalError:
    with pytest.raises(RefusalError) as caught:
        call(*arguments)
    return caught.value


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


class TestSmsCodes:
    def test_a_code_is_printed_where_the_sandbox_runs(self, office, capsys):
        office.codes = SmsCodes(office.ledger, Outbox(office.home.outbox, echo=True))
        client = office.approved()
        assert office.send(client) in capsys.readouterr().out

    def test_the_right_code_releases(self, office):
        client = office.approved()
        assert office.verify(client, office.send(client)) == "released"

    def test_a_wrong_code_costs_an_attempt_and_the_right_one_still_works(self, office):
        client = office.approved()
        code = office.send(client)
        for left in range(ATTEMPTS - 1, 0, -1):
            refused = refusal(office.verify, client, wrong(code))
            assert (refused.code, refused.problem.attempts_left) == (ProblemCode.WRONG_CODE, left)
        assert office.verify(client, code) == "released"

    def test_after_the_last_attempt_even_the_right_code_is_refused(self, office):
        client = office.approved()
        code = office.send(client)
        for _ in range(ATTEMPTS):
            refusal(office.verify, client, wrong(code))
        refused = refusal(office.verify, client, code)
        assert refused.code is ProblemCode.TOO_MANY_ATTEMPTS
        assert refused.problem.attempts_left == 0
        office.clock.advance(seconds=60)
        assert office.verify(client, office.send(client)) == "released"

    def test_another_code_too_soon_says_how_long_to_wait(self, office):
        client = office.approved()
        office.send(client)
        office.clock.advance(seconds=18.5)
        refused = refusal(office.send, client)
        assert refused.code is ProblemCode.TOO_SOON
        assert refused.headers["Retry-After"] == "42"
        office.clock.advance(seconds=42)
        office.send(client)

    def test_a_new_code_replaces_the_one_before(self, office):
        client = office.approved()
        first = office.send(client)
        office.clock.advance(seconds=60)
        second = office.send(client)
        if first != second:
            assert refusal(office.verify, client, first).code is ProblemCode.WRONG_CODE
        assert office.verify(client, second) == "released"

    def test_codes_age(self, office):
        client = office.approved()
        code = office.send(client)
        office.clock.advance(minutes=11)
        assert refusal(office.verify, client, code).code is ProblemCode.TOO_MANY_ATTEMPTS

    def test_resending_does_not_buy_guesses_for_ever(self, office):
        client = office.approved()
        for _ in range(MAX_CODES):
            office.send(client)
            office.clock.advance(seconds=60)
        assert refusal(office.send, client).code is ProblemCode.TOO_MANY_ATTEMPTS

    def test_no_code_before_approval(self, office):
        client = office.submitted()
        assert refusal(office.send, client).code is ProblemCode.WRONG_STATE
        assert refusal(office.verify, client, "123456").code is ProblemCode.WRONG_STATE

    def test_no_code_is_right_before_one_was_sent(self, office):
        assert refusal(office.verify, office.approved(), "123456").code is ProblemCode.WRONG_STATE

    def test_the_store_does_not_hold_the_code_and_the_outbox_is_private(self, office):
        client = office.approved()
        code = office.send(client)
        assert code.encode() not in office.home.database.read_bytes()
        assert stat.S_IMODE(office.home.outbox.stat().st_mode) == 0o600
        with office.store.transaction() as transaction:
            assert code not in str(transaction.code(client.application))


class TestTimers:
    def test_the_automatic_reviewer_approves_after_its_time(self, home, rsa_keys):
        office = Office(home, rsa_keys, approve_after=dt.timedelta(seconds=30))
        client = office.submitted()
        office.clock.advance(seconds=29)
        assert office.state(client) == "reviewing"
        office.clock.advance(seconds=1)
        assert office.state(client) == "approved"

    def test_a_person_may_be_quicker_than_the_automatic_reviewer(self, home, rsa_keys):
        office = Office(home, rsa_keys, approve_after=dt.timedelta(seconds=30))
        client = office.submitted()
        office.review.reject(client.application, (Remark(item="", text="again"),))
        office.clock.advance(seconds=31)
        assert office.state(client) == "rejected"

    def test_without_sms_approval_releases(self, home, rsa_keys):
        office = Office(
            home, rsa_keys, policy=Policy(authority="test", message_version=2, sms=False)
        )
        assert office.state(office.approved()) == "released"

    def test_an_application_waits_thirty_days_for_its_applicant(self, office):
        client = office.approved()
        office.clock.advance(days=29)
        assert office.state(client) == "approved"
        office.clock.advance(days=1)
        assert office.state(client) == "expired"

    def test_a_review_may_take_longer_than_that(self, office):
        client = office.submitted()
        office.clock.advance(days=100)
        assert office.state(client) == "reviewing"

    def test_an_expired_application_makes_way_and_its_certificate_is_void(self, office):
        client = office.approved()
        office.verify(client, office.send(client))
        issued = office.enrolment.enrol(client.application, client.secret, client.csr)
        assert issued is not None
        office.clock.advance(days=31)
        again = dataclasses.replace(client, application=str(uuid.uuid4()))
        opened = office.applications.apply(again.application, again.secret, again.signed())
        assert opened.state == "open"

    def test_a_review_is_promised_in_the_working_days_of_the_state_council(self, office):
        office.clock.now = dt.datetime(2025, 9, 30, 4, tzinfo=dt.UTC)
        client = office.submitted()
        promised = office.applications.status(client.application, client.secret).expected_by
        assert promised == dt.date(2025, 10, 10), "two days after the eight of the National Day"

    def test_an_amendment_after_a_long_review_is_not_too_late(self, home, rsa_keys):
        policy = Policy(authority="test", message_version=2, latest_days_after_expiry=965)
        office = Office(home, rsa_keys, policy=policy)
        client = office.submitted()
        office.clock.advance(days=20)
        office.review.reject(client.application, (Remark(item="", text="again"),))
        amended = office.applications.amend(
            client.application, client.secret, 2, client.signed(version=2)
        )
        assert amended.state == "open"


class TestWindow:
    @pytest.mark.parametrize(
        ("days", "accepted"), [(0, True), (1, True), (365, True), (366, False)]
    )
    def test_too_long_after_expiry(self, home, rsa_keys, days, accepted):
        policy = Policy(authority="test", message_version=2, latest_days_after_expiry=365)
        office = Office(home, rsa_keys, policy=policy)
        client = office.certified(expired_days=days)
        apply = (office.applications.apply, client.application, client.secret, client.signed())
        if accepted:
            assert apply[0](*apply[1:]).state == "open"
        else:
            assert refusal(*apply).code is ProblemCode.OUTSIDE_WINDOW

    def test_on_its_last_day_a_certificate_is_still_valid_and_needs_no_dossier(self, office):
        client = office.certified(expired_days=None, valid_days=0)
        bare = client.signed(applicant=None, documents={})
        office.applications.apply(client.application, client.secret, bare)
        done = office.applications.complete(client.application, client.secret)
        assert done.state == "approved"

    def test_expired_today_a_dossier_is_needed(self, office):
        client = office.certified(expired_days=0)
        bare = client.signed(applicant=None, documents={})
        refused = refusal(office.applications.apply, client.application, client.secret, bare)
        assert refused.code is ProblemCode.INCOMPLETE


def test_a_manifest_without_a_time_zone_is_malformed(office):
    client = office.certified()
    naive = client.signed(created=office.clock.now.replace(tzinfo=None))
    refused = refusal(office.applications.apply, client.application, client.secret, naive)
    assert refused.code is ProblemCode.MALFORMED


def test_an_amendment_must_be_signed_with_the_applications_own_certificate(office):
    client = office.submitted()
    office.review.reject(client.application, (Remark(item="", text="again"),))
    other = dataclasses.replace(office.certified(), application=client.application)
    other.secret = client.secret
    refused = refusal(
        office.applications.amend, client.application, client.secret, 2, other.signed(version=2)
    )
    assert refused.code is ProblemCode.UNKNOWN_CERTIFICATE
    assert office.state(client) == "rejected"


def test_refusals_and_records_do_not_repeat_personal_data(office):
    client = office.certified()
    manifest = msgspec.to_builtins(client.manifest())
    manifest["applicant"]["id_number"] = 440300199001010000
    cms_der = sign_cms(msgspec.json.encode(manifest), client.holder)
    refused = refusal(office.applications.apply, client.application, client.secret, cms_der)
    assert refused.code is ProblemCode.MALFORMED
    assert "440300199001010000" not in str(refused)


def test_the_staff_sees_organisation_state_and_remarks(office):
    client = office.submitted()
    remarks = (Remark(item=DocumentName.ID_CARD_BACK, text="看不清"),)
    office.review.reject(client.application, remarks)
    [summary] = office.review.summaries()
    assert (summary.application, summary.state) == (client.application, "rejected")
    assert summary.organisation == client.holder.organisation.name
    assert summary.remarks == remarks


def test_a_certificate_request_by_another_application_is_not_honoured(office):
    first = office.approved()
    stranger = office.certified()
    office.verify(first, office.send(first))
    stranger.new_key = new_rsa_key()
    refused = refusal(office.enrolment.enrol, first.application, stranger.secret, first.csr)
    assert refused.code is ProblemCode.UNAUTHORISED


def test_a_database_of_the_first_sandbox_is_brought_up_to_date(tmp_path):
    path = tmp_path / "sandbox.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        for statement in _MIGRATIONS[0].split(";"):
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
    with Store(path).transaction() as transaction:
        assert transaction.faults() == []
        assert transaction.envelope("none") is None
        assert transaction.est_users() == []
