"""Whose files count as an administrator's on Windows."""

from __future__ import annotations

import pytest

from agent.system.owners import is_administrators

DOMAIN = "S-1-5-21-3623811015-3361044348-30300820"


@pytest.mark.parametrize(
    "owner",
    [
        "S-1-5-18", "S-1-5-32-544", f"{DOMAIN}-500", f"{DOMAIN}-512", "S-1-1-0",
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    ],
)  # fmt: skip
def test_an_administrators(owner):
    assert is_administrators(owner)


@pytest.mark.parametrize(
    "owner",
    [
        f"{DOMAIN}-1001", f"{DOMAIN}-513", f"{DOMAIN}-1500", f"{DOMAIN}-5000", "S-1-5-19", "S-1-5-7",
        "S-1-5-32-545", "S-1-5-32-5440", "S-1-5-180", "S-1-5-80-1", "", "S-1-5-18\n",
    ],
)  # fmt: skip
def test_anybody_elses(owner):
    assert not is_administrators(owner)
