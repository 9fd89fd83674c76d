"""What SQLite calls the journal's file, wherever it lies."""

from __future__ import annotations

import os

import pytest

from agent.renewals.journal.database import open_database, open_to_read, uri_of


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/home/anna/renewals.sqlite", "file:///home/anna/renewals.sqlite"),
        ("C:/Users/anna/renewals.sqlite", "file:///C:/Users/anna/renewals.sqlite"),
        ("//server/share/a b#?%/r.sqlite", "file:////server/share/a%20b%23%3F%25/r.sqlite"),
    ],
)
def test_a_server_is_no_authority(path, uri):
    assert uri_of(path) == uri


@pytest.mark.parametrize(
    "name", ["样例 #?%&=", os.fsdecode(b"\xd3\xc3\xbb\xa7"), os.fsdecode(b"\xff%41")]
)
def test_a_folder_may_have_any_name(tmp_path, name):
    file = tmp_path / name / "renewals.sqlite"
    open_database(file)[0].close()
    assert file.exists()
    open_to_read(file).close()
