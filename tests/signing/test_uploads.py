"""Pieces become documents; what nobody finishes, and what is too much, leaves no memory behind."""

from __future__ import annotations

import pytest

from agent.signing.uploads import (
    MAX_BYTES,
    MAX_DOCUMENT_BYTES,
    MAX_RESULT_BYTES,
    MAX_SITE_BYTES,
    MAX_SITE_RESULT_BYTES,
    MOST_OF_SITE,
    SILENT_SECONDS,
    DocumentTooLargeError,
    Results,
    TooMuchAtOnceError,
    UploadMissingError,
    Uploads,
)

SITE, OTHER = "https://a.example", "https://b.example"


@pytest.fixture
def uploads() -> Uploads:
    return Uploads()


def test_pieces_become_one_document_that_is_taken_once(uploads):
    for number, piece in enumerate((b"one ", b"two ", b"", b"three")):
        uploads.add("tab", SITE, "a", piece, now=number)
    assert uploads.take("tab", SITE, "a", 13) == b"one two three"
    assert uploads.bytes_held == 0
    with pytest.raises(UploadMissingError):
        uploads.take("tab", SITE, "a", 13)


def test_an_empty_document_is_one_too(uploads):
    uploads.add("tab", SITE, "a", b"", now=0)
    assert uploads.take("tab", SITE, "a", 0) == b""


@pytest.mark.parametrize(
    ("sender", "site", "name", "size"),
    [("tab", SITE, "a", 2), ("other", SITE, "a", 3), ("tab", OTHER, "a", 3), ("tab", SITE, "b", 3)],
)
def test_nobody_takes_anothers_or_half_a_document(uploads, sender, site, name, size):
    uploads.add("tab", SITE, "a", b"abc", now=0)
    with pytest.raises(UploadMissingError):
        uploads.take(sender, site, name, size)


def test_the_largest_document_is_taken_and_a_larger_one_dropped(uploads):
    uploads.add("tab", SITE, "a", bytes(MAX_DOCUMENT_BYTES), now=0)
    with pytest.raises(DocumentTooLargeError) as refusal:
        uploads.add("tab", SITE, "a", b"!", now=0)
    assert refusal.value.values["limit"] == MAX_DOCUMENT_BYTES >> 20
    assert uploads.bytes_held == 0


def test_a_site_fills_its_own_share_alone(uploads):
    for number in range(MAX_SITE_BYTES // MAX_DOCUMENT_BYTES):
        uploads.add("tab", SITE, f"{number}", bytes(MAX_DOCUMENT_BYTES), now=0)
    with pytest.raises(TooMuchAtOnceError):
        uploads.add("tab", SITE, "more", b"!", now=0)
    assert uploads.add("tab", OTHER, "a", b"!", now=0) == 1
    assert uploads.bytes_held == MAX_SITE_BYTES + 1


def test_all_sites_together_fill_no_more_than_there_is(uploads):
    sites = MAX_BYTES // MAX_SITE_BYTES
    for number in range(sites * 2):
        site = f"https://{number // 2}.example"
        uploads.add("tab", site, f"{number}", bytes(MAX_DOCUMENT_BYTES), now=0)
    with pytest.raises(TooMuchAtOnceError):
        uploads.add("tab", "https://new.example", "a", b"!", now=0)


def test_who_falls_silent_or_goes_leaves_nothing(uploads):
    uploads.add("tab", SITE, "a", b"abc", now=0)
    uploads.add("other", SITE, "b", b"abc", now=SILENT_SECONDS)
    uploads.add("other", SITE, "b", b"abc", now=SILENT_SECONDS + 0.1)
    assert uploads.bytes_held == 6
    uploads.drop("other")
    assert uploads.bytes_held == 0


def test_empty_documents_are_counted_too(uploads):
    for number in range(MOST_OF_SITE):
        uploads.add("tab", SITE, f"{number}", b"", now=0)
    with pytest.raises(TooMuchAtOnceError):
        uploads.add("tab", SITE, "more", b"", now=0)
    assert len(uploads) == MOST_OF_SITE
    assert uploads.add("tab", SITE, "0", b"goes on", now=0) == 7
    assert uploads.add("tab", OTHER, "a", b"", now=0) == 0


@pytest.mark.parametrize("size", [0, 1, MAX_DOCUMENT_BYTES])
def test_results_nobody_fetches_make_room_for_the_next(size):
    results = Results()
    other = results.put("tab", OTHER, b"another's", now=0)
    content = bytes(size)
    names = [results.put("tab", SITE, content, now=0) for _ in range(MOST_OF_SITE + 20)]
    assert len(results) <= MOST_OF_SITE + 1
    assert results.bytes_held <= MAX_SITE_RESULT_BYTES + len(b"another's")
    assert results.piece(("tab", SITE, names[-1]), at=0, size=5, now=0) == content[:5]
    assert results.piece(("tab", OTHER, other), at=0, size=99, now=0) == b"another's"
    with pytest.raises(UploadMissingError):
        results.piece(("tab", SITE, names[0]), at=0, size=5, now=0)


def test_results_of_many_sites_fill_no_more_than_there_is():
    results = Results()
    for number in range(12):
        results.put("tab", f"https://{number}.example", bytes(MAX_DOCUMENT_BYTES), now=0)
    assert results.bytes_held <= MAX_RESULT_BYTES
    results.drop_silent(SILENT_SECONDS + 1)
    assert (len(results), results.bytes_held) == (0, 0)
