"""The journal: whole, private, and one renewal at a time for a certificate."""

from __future__ import annotations

import datetime as dt
import resource
import sqlite3
import stat
from contextlib import closing, contextmanager

import msgspec
import pytest
from renewal_maker import APPLICANT, KEY, NOW, PRIVATE, SECOND, SECRET, new_renewal

from agent.ground.errors import OdcError
from agent.renewals.authorities.ra_protocol import DocumentName, Policy
from agent.renewals.journal.database import JournalNewerError
from agent.renewals.journal.journal import Journal, StaleRenewalError
from agent.renewals.journal.states import State, Waiting
from agent.renewals.journal.vault import Vault, VaultError
from agent.system.files import NotSavedError


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data" / "renewals.sqlite"


@pytest.fixture
def journal(file, vault):
    with closing(Journal(file, vault)) as journal:
        yield journal


def full_renewal():
    """A renewal with everything in it."""
    return new_renewal(
        waiting=Waiting.REVIEW,
        version=3,
        policy=Policy(authority="样例服务商", required_documents=(DocumentName.ID_CARD_BACK,)),
        is_proved=True,
        expected_by=dt.date(2025, 3, 11),
        error=OdcError(reason="测试").report(),
        new_thumbprint="cd" * 32,
    )


def test_what_is_saved_is_read_again(journal, file, vault):
    renewal = journal.add(full_renewal())
    assert journal.get(renewal.id) == renewal
    with closing(Journal(file, vault)) as again:
        assert again.all() == [renewal]


def test_what_is_saved_is_given_back_as_it_is_read(journal):
    renewal = journal.add(new_renewal())
    saved = journal.save(renewal.moved(State.SIGNING, NOW))
    assert journal.get(renewal.id) == saved
    assert saved.state is State.SIGNING


def test_a_full_disk_is_said_and_what_could_not_be_saved_can_be_saved_later(journal):
    renewal = journal.add(new_renewal())
    with full_disk(), pytest.raises(NotSavedError):
        journal.save(renewal.moved(State.SIGNING, NOW))
    assert journal.get(renewal.id) == renewal
    assert journal.save(renewal.moved(State.SIGNING, NOW)).state is State.SIGNING


@contextmanager
def full_disk():
    """Let the system refuse whatever this process writes to a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_change_to_what_somebody_else_has_saved_meanwhile_is_refused(journal):
    renewal = journal.add(new_renewal())
    saved = journal.save(renewal.moved(State.SIGNING, NOW))
    with pytest.raises(StaleRenewalError):
        journal.save(renewal.moved(State.CANCELLED, NOW))
    assert journal.get(renewal.id) == saved
    journal.save(saved.moved(State.CANCELLED, NOW))


def test_a_renewal_that_is_not_there_is_a_key_error(journal):
    with pytest.raises(KeyError):
        journal.get("nobody")
    with pytest.raises(KeyError):
        journal.save(new_renewal())


def test_the_newest_renewal_comes_first(journal):
    old, new = (
        journal.add(new_renewal(created=NOW + dt.timedelta(microseconds=n))) for n in (-123456, 7)
    )
    assert [renewal.id for renewal in journal.all()] == [new.id, old.id]


def test_one_renewal_at_a_time_is_open_for_a_certificate(journal):
    first = journal.add(new_renewal())
    second = new_renewal(thumbprint=first.thumbprint)
    assert journal.add(second) == first
    assert journal.open_for(first.thumbprint) == first
    assert len(journal.all()) == 1


@pytest.mark.parametrize("ended", [State.CANCELLED, State.FAILED])
def test_after_its_end_a_certificate_may_be_renewed_again(journal, ended):
    first = journal.add(new_renewal())
    journal.save(first.moved(ended, NOW))
    assert journal.open_for(first.thumbprint) is None
    second = new_renewal(thumbprint=first.thumbprint)
    assert journal.add(second) == second
    assert len(journal.all()) == 2


def test_two_journals_of_one_file_agree_on_the_open_renewal(journal, file, vault):
    with closing(Journal(file, vault)) as other:
        first = journal.add(new_renewal())
        assert other.add(new_renewal(thumbprint=first.thumbprint)) == first


def test_two_certificates_are_renewed_side_by_side(journal):
    one, other = journal.add(new_renewal()), journal.add(new_renewal())
    assert journal.open_for(one.thumbprint) == one
    assert journal.open_for(other.thumbprint) == other


def test_the_history_has_a_line_for_each_new_state_or_wait(journal):
    renewal = journal.add(new_renewal())
    waits = journal.save(renewal.changed(NOW + SECOND, waiting=Waiting.APPLICANT))
    waits = journal.save(waits.changed(NOW + 2 * SECOND, version=2))
    journal.save(waits.moved(State.SIGNING, NOW + 3 * SECOND))
    assert journal.history(renewal.id) == [
        (NOW, State.DRAFTING, None),
        (NOW + SECOND, State.DRAFTING, "APPLICANT"),
        (NOW + 3 * SECOND, State.SIGNING, None),
    ]


def test_a_save_that_fails_changes_nothing(journal):
    renewal = journal.add(new_renewal())
    journal._database.execute(
        "CREATE TRIGGER full_disk BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    with pytest.raises(NotSavedError, match="full"):
        journal.save(renewal.moved(State.SIGNING, NOW))
    assert journal.get(renewal.id) == renewal


def bytes_on_disk(file) -> bytes:
    """Return what the database, its write-ahead log and their index hold."""
    files = sorted(file.parent.glob(f"{file.name}*"))
    assert len(files) == 3
    return b"".join(each.read_bytes() for each in files)


def test_nothing_personal_is_readable_on_the_disk(journal, file):
    renewal = journal.add(full_renewal())
    for number in range(5):
        renewal = journal.save(renewal.changed(NOW, version=number))
    raw = bytes_on_disk(file)
    assert renewal.organisation.encode() in raw  # shows that the search finds what is there
    fields = msgspec.structs.asdict(APPLICANT)
    for secret in (*fields.values(), SECRET, "new certificate", "manifest"):
        for form in (secret.encode(), secret.encode("unicode_escape"), secret.encode("utf-16-le")):
            assert form not in raw


def test_database_and_log_are_private(journal, file):
    journal.add(new_renewal())
    for each in file.parent.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_an_ended_renewal_keeps_nothing_private(journal):
    renewal = journal.add(full_renewal())
    journal.save(renewal.moved(State.CANCELLED, NOW).forgotten())
    assert journal.get(renewal.id).private.applicant is None
    assert journal.get(renewal.id).private.secret == ""


def test_a_newer_schema_is_refused_and_left_alone(journal, file, vault):
    journal.add(new_renewal())
    journal.close()
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 2025")
    before = file.read_bytes()
    with pytest.raises(JournalNewerError):
        Journal(file, vault)
    assert file.read_bytes() == before


def test_a_journal_is_migrated_once(journal, file, vault):
    renewal = journal.add(new_renewal())
    journal.close()
    for _ in range(2):
        with closing(Journal(file, vault)) as again:
            assert again.all() == [renewal]


def test_one_renewals_private_part_is_no_use_in_another(journal, file):
    one, other = journal.add(new_renewal()), journal.add(new_renewal())
    with closing(sqlite3.connect(file)) as database:
        database.execute(
            "UPDATE renewal SET private = (SELECT private FROM renewal WHERE id = ?) WHERE id = ?",
            (one.id, other.id),
        )
        database.commit()
    with pytest.raises(VaultError):
        journal.get(other.id)


def test_another_key_reads_nothing(journal, file):
    renewal = journal.add(new_renewal())
    with closing(Journal(file, Vault(KEY[::-1]))) as stranger, pytest.raises(VaultError):
        stranger.get(renewal.id)


def test_a_renewal_that_cannot_be_decrypted_does_not_hide_the_others(journal):
    good, bad = journal.add(new_renewal()), journal.add(new_renewal())
    journal._database.execute("UPDATE renewal SET private = zeroblob(99) WHERE id = ?", (bad.id,))
    assert good in journal.all()


def test_private_parts_round_trip_whatever_they_hold(journal):
    private = msgspec.structs.replace(PRIVATE, request=bytes(range(256)), applicant=None)
    renewal = journal.add(new_renewal(private=private))
    assert journal.get(renewal.id).private == private


def test_a_renewal_that_cannot_be_decrypted_does_not_keep_a_new_one_from_starting(journal):
    bad = journal.add(new_renewal())
    journal._database.execute("UPDATE renewal SET private = zeroblob(99) WHERE id = ?", (bad.id,))
    again = new_renewal(thumbprint=bad.thumbprint)
    assert journal.add(again) == again
