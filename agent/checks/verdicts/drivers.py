"""Whether the token drivers (PKCS#11 modules) load and are for this computer."""

from __future__ import annotations

import msgspec

from agent.checks.model import CheckState, Finding, Findings, finding, ok, reported
from agent.ground.language import mark
from agent.ground.reports import ErrorReport


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A file a driver needs and this user may not read."""

    file: str
    group: str
    """Who may."""
    user: str
    is_member: bool
    """The user has been added to the group since he logged in."""


class Driver(msgspec.Struct, frozen=True, kw_only=True):
    """One module that is served."""

    name: str
    is_wanted: bool
    """Somebody asked for it by name; a SoftHSM that merely came along may fail."""
    has_answered: bool
    problems: tuple[ErrorReport, ...] = ()
    bar: Bar | None = None
    """Why it fails, where that is known."""


class Drivers(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found when modules were looked for."""

    served: tuple[Driver, ...]
    problems: tuple[ErrorReport, ...] = ()
    """Files that are not valid, and wanted modules that cannot be loaded at all."""


def judge_drivers(drivers: Drivers) -> Findings:
    """Return a finding for each driver, and one where there is none."""
    findings = [reported(CheckState.FAILED, problem) for problem in drivers.problems]
    findings += [_driver(driver) for driver in drivers.served]
    if not findings:
        return [
            finding(
                CheckState.FAILED,
                mark("No token driver was found. Install the token's driver."),
                mark("Install the driver that came with the token, then check again."),
            )
        ]
    return findings


def _driver(driver: Driver) -> Finding:
    if not driver.has_answered:
        return finding(
            CheckState.FAILED if driver.is_wanted else CheckState.WARNING,
            mark("The token driver {driver} does not answer."),
            mark("Pull the token out and plug it in again. If that does not help, restart."),
            driver=driver.name,
        )
    if driver.problems and driver.bar is not None:
        return _barred(driver.name, driver.bar)
    if driver.problems:
        state = CheckState.FAILED if driver.is_wanted else CheckState.WARNING
        return reported(state, driver.problems[0])
    return ok(mark("The token driver {driver} works."), driver=driver.name)


def _barred(driver: str, bar: Bar) -> Finding:
    advice = (
        mark("You have been added to the group: log out and in again.")
        if bar.is_member
        else mark(
            "Have yourself added (administrator: `adduser {user} {group}`), then log in again."
        )
    )
    return finding(
        CheckState.FAILED,
        mark("You may not use the token driver {driver}: {file} is for the group {group} only."),
        advice,
        driver=driver,
        file=bar.file,
        group=bar.group,
        user=bar.user,
    )
