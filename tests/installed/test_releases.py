"""Where the tests' Debians come from: made once for what they are made of. Nothing done in one leaves it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import releases
from clean_debian import layer_above, why_not_here

REASON = why_not_here()
needs_mounts = pytest.mark.skipif(REASON is not None, reason=str(REASON))
CHROOT = """
mount --rbind / "$1" && mount -t tmpfs inside "$1/mnt" && touch "$1/mnt/inside" && exec chroot "$@"
"""
"""A root of its own that differs from this machine's by one file."""
ENTER = f"""
import sys
from pathlib import Path
sys.path.insert(0, {os.fspath(Path(__file__).parent)!r})
from clean_debian import layer_above
with layer_above(Path("/"), Path(sys.argv[1])) as debian:
    debian("touch /only-there")
print(Path("/mnt/inside").exists(), Path("/only-there").exists())
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(releases, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def made():
    return []


def maker(made):
    def make(folder):
        folder.mkdir()
        made.append(folder)

    return make


def test_a_system_is_made_once_for_what_it_is_made_of(cache, made):
    first = releases.kept("trixie-minimal", "a mirror", maker(made))
    assert releases.kept("trixie-minimal", "a mirror", maker(made)) == first
    other = releases.kept("trixie-minimal", "another mirror", maker(made))
    assert made == [first, other]
    assert first.exists(), "another checkout may be at work in it"


def test_one_that_was_not_finished_is_made_anew(cache, made):
    def fail(folder):
        folder.mkdir()
        raise AssertionError("the mirror stalls")

    with pytest.raises(AssertionError):
        releases.kept("trixie-minimal", "a mirror", fail)
    assert releases.kept("trixie-minimal", "a mirror", maker(made)) == made[0]


def test_what_nobody_used_for_a_week_goes(cache, made):
    old = releases.kept("trixie-minimal", "a mirror", maker(made))
    long_ago = time.time() - 8 * 24 * 3600
    os.utime(old.parent / "complete", (long_ago, long_ago))
    releases.kept("trixie-minimal", "another mirror", maker(made))
    assert not old.exists()


@needs_mounts
def test_what_is_done_in_a_system_stays_in_it(short_folder):
    with layer_above(Path("/"), short_folder) as debian:
        debian("touch /only-there && ls /only-there")
        debian("unshare --user true")  # not in a mere chroot
    assert not Path("/only-there").exists()


@needs_mounts
def test_who_enters_one_from_a_chroot_leaves_neither(tmp_path, short_folder):
    into = ("unshare", "--mount", "sh", "-c", CHROOT, "sh", tmp_path)
    command = [*into, sys.executable, "-c", ENTER, short_folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"
    assert not Path("/only-there").exists()
