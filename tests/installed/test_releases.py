"""Nothing done in one of the tests' Debians leaves it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
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
