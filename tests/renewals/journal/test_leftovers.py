"""What is of no use on a token once a renewal has ended, and that it is noted with the end."""

from __future__ import annotations

from contextlib import closing

import msgspec
import pytest
from renewal_maker import NOW, PRIVATE, new_renewal

from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.leftovers import Leftover, goes_alone, leftovers_of
from agent.renewals.journal.record import EncryptionPart
from agent.renewals.journal.states import State
from agent.tokens.model import KeyCompanions

NEW, ENCRYPTION, TRANSPORT, OLD, CURRENT = b"new", b"encryption", b"transport", b"old", b"current"
POLICY = Policy(authority="样例服务商", encryption_certificate=True)
PART = EncryptionPart(key_id=ENCRYPTION, transport_id=TRANSPORT, current_id=CURRENT)


def renewal(state: State, **changes):
    plain = new_renewal(
        state=state, key_id=OLD, new_key_id=NEW, policy=POLICY, encryption=PART, private=PRIVATE
    )
    return msgspec.structs.replace(plain, **changes)


def ids(before, after: State) -> set[bytes]:
    return {leftover.key_id for leftover in leftovers_of(before, after)}


@pytest.mark.parametrize("end", [State.CANCELLED, State.FAILED])
@pytest.mark.parametrize("state", [State.SIGNING, State.REVIEWING, State.INSTALLING])
def test_what_was_made_for_nothing_is_left(state, end):
    assert ids(renewal(state), end) == {NEW, ENCRYPTION, TRANSPORT}


def test_before_the_first_pin_nothing_has_been_made():
    assert ids(renewal(State.DRAFTING), State.CANCELLED) == set()


def test_a_new_pair_that_is_proved_is_in_use_whatever_became_of_its_renewal():
    assert ids(renewal(State.INSTALLING, is_proved=True), State.FAILED) == set()


def test_without_an_encryption_certificate_there_is_the_signing_pair_only():
    policy = msgspec.structs.replace(POLICY, encryption_certificate=False)
    assert ids(renewal(State.SIGNING, policy=policy), State.CANCELLED) == {NEW}


def test_an_installed_renewal_leaves_nothing_that_is_to_be_kept():
    done = renewal(State.INSTALLING, encryption=msgspec.structs.replace(PART, recipient_id=CURRENT))
    assert ids(done, State.INSTALLED) == set()


def test_a_transport_key_has_done_its_work():
    used = msgspec.structs.replace(PART, recipient_id=TRANSPORT)
    assert ids(renewal(State.INSTALLING, encryption=used), State.INSTALLED) == {TRANSPORT}


def test_the_old_signing_pair_goes_where_the_policy_says_so():
    policy = msgspec.structs.replace(POLICY, retire_old="delete")
    [old] = leftovers_of(renewal(State.INSTALLING, policy=policy), State.INSTALLED)
    assert (old.key_id, old.certificate) == (OLD, PRIVATE.certificate)


def test_an_old_pair_under_the_name_of_an_encryption_key_is_never_removed():
    policy = msgspec.structs.replace(POLICY, retire_old="delete")
    shared = msgspec.structs.replace(PART, current_id=OLD, recipient_id=OLD)
    assert (
        ids(renewal(State.INSTALLING, policy=policy, encryption=shared), State.INSTALLED) == set()
    )


OLD_LEFT = Leftover(token=new_renewal().token, key_id=OLD, certificate=b"old certificate")
ENCRYPTION_LEFT = Leftover(
    token=new_renewal().token, key_id=ENCRYPTION, certificate=b"encryption certificate"
)


@pytest.mark.parametrize(
    "along",
    [
        KeyCompanions(),
        KeyCompanions(certificates=(b"old certificate",)),
        # What a token keeps in one place goes together where all of it is of no use.
        KeyCompanions(
            certificates=(b"old certificate", b"encryption certificate"), keys=(ENCRYPTION,)
        ),
    ],
)
def test_what_is_of_no_use_goes_with_what_goes_along(along):
    assert goes_alone(OLD_LEFT, along, (OLD_LEFT, ENCRYPTION_LEFT))


@pytest.mark.parametrize(
    "along",
    [
        KeyCompanions(certificates=(b"old certificate", b"another's")),
        KeyCompanions(certificates=(b"",)),
        KeyCompanions(certificates=(b"old certificate",), keys=(ENCRYPTION,)),
        # Another private key of the same name cannot be told apart.
        KeyCompanions(certificates=(b"old certificate",), keys=(OLD,)),
    ],
)
def test_nothing_goes_with_which_something_would_go_that_is_to_stay(along):
    transport = Leftover(token=OLD_LEFT.token, key_id=TRANSPORT)
    assert not goes_alone(OLD_LEFT, along, (OLD_LEFT, transport))


def test_what_one_application_of_a_token_holds_is_not_looked_for_in_another(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        token = msgspec.structs.replace(new_renewal().token, application="GDCA")
        before = journal.add(renewal(State.SIGNING, token=token))
        journal.save(before.moved(State.CANCELLED, NOW).forgotten())
        other = msgspec.structs.replace(token, application="NETCA")
        assert len(journal.leftovers(token)) == 3
        assert journal.leftovers(other) == []


def test_the_journal_notes_them_with_the_end_and_forgets_what_was_removed(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        before = journal.add(renewal(State.SIGNING))
        assert journal.leftovers(before.token) == []
        journal.save(before.moved(State.CANCELLED, NOW).forgotten())
        left = journal.leftovers(before.token)
        assert {leftover.key_id for leftover in left} == {NEW, ENCRYPTION, TRANSPORT}
        elsewhere = msgspec.structs.replace(before.token, serial="another")
        assert journal.leftovers(elsewhere) == []
        journal.was_removed(left[0])
        assert journal.leftovers(before.token) == left[1:]
