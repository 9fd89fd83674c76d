"""Why a driver fails for this user alone: files it needs are open to a group the user is not in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from agent.checks.verdicts.drivers import Bar
from agent.tokens.discovery.well_known import read_tables


def look_for_bar(module: str, tables: Iterable[Path]) -> Bar | None:
    """Return what keeps this user from using the library at ``module``; None where nothing is seen."""
    identity = os.path.realpath(module)
    entries, _ = read_tables(tables)
    for entry in entries:
        if entry.needs and identity in map(os.path.realpath, entry.candidates(sys.platform)):
            return next(filter(None, map(bar_of, map(Path, entry.needs))), None)
    return None


def bar_of(needed: Path) -> Bar | None:
    """Return who may read ``needed``, where this user may not; None where he may, or it is not there."""
    if sys.platform == "win32":
        return None
    import grp  # noqa: PLC0415 - not on Windows
    import pwd  # noqa: PLC0415

    for part in (*reversed(needed.parents), needed):
        if os.access(part, os.R_OK | os.X_OK if part.is_dir() else os.R_OK):
            continue
        if not os.path.lexists(part):
            return None
        group, user = grp.getgrgid(part.stat().st_gid), pwd.getpwuid(os.getuid())
        is_member = user.pw_name in group.gr_mem
        return Bar(file=str(part), group=group.gr_name, user=user.pw_name, is_member=is_member)
    return None
