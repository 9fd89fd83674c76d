"""Which pair in a drawer has been replaced by a certificate on another token, and which may have been."""

from __future__ import annotations

import msgspec
import pytest
from certificate_maker import thumbprint_of
from seen_tokens import DAY, Drawer, encryption, held, signing, token

OLD = signing("2025-04-01", "2026-04-01")
NEW = signing("2026-03-01", "2027-03-01")


@pytest.fixture
def drawer():
    drawer = Drawer()
    drawer.sees(token(OLD, serial="1"))
    drawer.sees()
    return drawer


def old(drawer, der=OLD):
    return drawer.knows()[thumbprint_of(der)]


def said_of(remembered, der, **said):
    """Return a token with what a person said of its certificate, another one as it is."""
    is_it = remembered.find(thumbprint_of(der)) is not None
    return msgspec.structs.replace(remembered, **said) if is_it else remembered


def test_the_one_pair_of_a_subject_is_replaced_by_a_newer_one_on_another_token(drawer):
    drawer.sees(token(NEW, serial="2"))
    assert old(drawer).replaced_by == thumbprint_of(NEW)
    assert old(drawer).is_renewed
    drawer.sees()
    assert old(drawer).replaced_by == thumbprint_of(NEW)


def with_both(*, has_key: bool | None = None):
    """A token with the old pair, of RSA, and the new one as it would be of SM2."""
    shown = token(OLD, NEW)
    rsa, sm2 = shown.certificates
    certificate = msgspec.structs.replace(sm2.certificate, algorithm="SM2")
    sm2 = msgspec.structs.replace(sm2, certificate=certificate, has_private_key=has_key)
    return msgspec.structs.replace(shown, certificates=(rsa, sm2))


def note_renewal(drawer):
    drawer.remembered = tuple(
        said_of(one, OLD, renewed={thumbprint_of(OLD): thumbprint_of(NEW)})
        for one in drawer.remembered
    )


def test_a_pair_beside_one_of_another_family_is_replaced_once_a_renewal_says_so():
    drawer = Drawer()
    drawer.sees(with_both())
    assert not old(drawer).is_renewed, "an organisation may well hold both"
    note_renewal(drawer)
    for _ in range(2):  # it stays so
        assert old(drawer).replaced_by == thumbprint_of(NEW)
        assert old(drawer).is_renewed
        assert not old(drawer, NEW).is_renewed
        drawer.sees(with_both())
    drawer.sees()
    assert old(drawer).is_renewed


def test_what_a_renewal_put_there_counts_as_long_as_it_is_there_and_has_its_key():
    drawer = Drawer()
    drawer.sees(with_both())
    note_renewal(drawer)
    assert old(drawer).is_renewed
    drawer.sees(with_both(has_key=False))
    assert not old(drawer).is_renewed
    drawer.sees(token(OLD))
    assert not old(drawer).is_renewed


def test_of_two_pairs_of_a_subject_either_may_have_been_replaced(drawer):
    second = signing("2025-05-01", "2026-05-01")
    drawer.sees(token(second, serial="3"))
    drawer.sees(token(NEW, serial="2"))
    drawer.sees()
    for der in (OLD, second):
        assert old(drawer, der).replaced_by is None
        assert old(drawer, der).maybe_replaced_by == thumbprint_of(NEW)
        assert not old(drawer, der).is_renewed


def test_a_second_token_bought_in_the_middle_of_the_year_replaces_nothing(drawer):
    drawer.sees(token(signing("2025-09-01", "2026-09-01"), serial="2"))
    drawer.sees()
    assert old(drawer).replaced_by is None
    assert old(drawer).maybe_replaced_by is None


def test_a_pair_renewed_on_a_new_token_each_year_is_one_line(drawer):
    last = signing("2027-02-20", "2028-02-20")
    drawer.sees(token(NEW, serial="2"))
    drawer.sees(token(last, serial="3"))
    drawer.sees()
    assert old(drawer).replaced_by == thumbprint_of(last)
    assert old(drawer, NEW).replaced_by == thumbprint_of(last)
    assert not old(drawer, last).is_renewed


def test_another_organisations_certificate_replaces_nothing(drawer):
    drawer.sees(token(signing("2026-03-01", "2027-03-01", "乙"), serial="2"))
    assert old(drawer).maybe_replaced_by is None
    assert not old(drawer).is_renewed


def test_an_encryption_certificate_does_not_replace_a_signing_certificate(drawer):
    drawer.sees(token(encryption("2026-03-01", "2027-03-01"), serial="2"))
    assert not old(drawer).is_renewed


def test_a_certificate_without_its_private_key_replaces_nothing(drawer):
    lost = token(NEW, serial="2")
    lost = msgspec.structs.replace(lost, certificates=(held(NEW, has_private_key=False),))
    drawer.sees(lost)
    assert not old(drawer).is_renewed


def test_a_pair_that_is_plugged_in_speaks_for_itself(drawer):
    drawer.sees(token(OLD, serial="1"), token(NEW, serial="2"))
    assert not old(drawer).is_renewed


def test_what_a_person_keeps_apart_is_not_asked_again(drawer):
    second = signing("2025-05-01", "2026-05-01")
    drawer.sees(token(second, serial="3"))
    drawer.sees(token(NEW, serial="2"))
    drawer.sees()
    drawer.remembered = tuple(
        said_of(one, OLD, kept_apart=(thumbprint_of(OLD),)) for one in drawer.remembered
    )
    assert old(drawer).maybe_replaced_by is None
    assert not old(drawer).is_renewed


def test_what_replaced_one_of_two_pairs_is_not_offered_to_the_other(drawer):
    second = signing("2025-05-01", "2026-05-01")
    drawer.sees(token(second, serial="3"))
    drawer.sees(token(NEW, serial="2"))
    drawer.sees()
    renewed = {thumbprint_of(second): thumbprint_of(NEW)}
    drawer.remembered = tuple(said_of(one, second, renewed=renewed) for one in drawer.remembered)
    assert old(drawer, second).is_renewed
    assert old(drawer).maybe_replaced_by is None
    assert not old(drawer).is_renewed


def test_a_clock_that_jumps_ends_nothing(drawer):
    drawer.now += DAY * 4000
    assert not old(drawer).is_renewed
    drawer.now -= DAY * 8000
    assert not old(drawer).is_renewed
