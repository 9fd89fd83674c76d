"""Runs checks, each by itself and all at once, and mends what can be mended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec

from agent.checks.model import CheckState, Finding, finding, worst_first
from agent.checks.probes.threads import in_thread
from agent.checks.run import Parts, Run
from agent.checks.table import CHECKS, Check
from agent.checks.verdicts.browsers import FIX_MANIFESTS
from agent.checks.verdicts.desktop import FIX_AUTOSTART
from agent.ground.errors import OdcError
from agent.ground.language import Language, mark
from agent.system.autostart import this_systems_autostart

log = logging.getLogger(__name__)

CHECK_SECONDS = 20.0
"""How long one check may take; it is longer than all steps on the way to an authority mostly take."""


class UnknownCheckError(OdcError):
    """There is no check, or no fix, of that name."""

    code = "unknown_check"
    sentence = mark("There is no check or fix named {name}.")
    advice = mark("`odc-agent check` without a name runs all; each line begins with its name.")


class FixFailedError(OdcError):
    """What was to be mended could not be written."""

    code = "fix_failed"
    sentence = mark("This could not be mended: {reason}")
    advice = mark("Ask your administrator.")


class Result(msgspec.Struct, frozen=True):
    """What one check found, the gravest first."""

    check: Check
    findings: tuple[Finding, ...]

    @property
    def state(self) -> CheckState:
        """The gravest of its findings."""
        return self.findings[0].state if self.findings else CheckState.OK

    @property
    def fix(self) -> str | None:
        """What mends it, where something can."""
        return next((found.fix for found in self.findings if found.fix), None)

    def text(self, language: Language) -> str:
        """Return what was found, a line for each."""
        return _lines(found.said.text(language) for found in self.findings)

    def advice(self, language: Language) -> str:
        """Return what to do about it; empty where there is nothing to do."""
        return _lines(found.advice.text(language) for found in self.findings if found.advice)


def _lines(lines: object) -> str:
    return "\n".join(dict.fromkeys(lines))  # type: ignore[call-overload]


class _Fix(msgspec.Struct, frozen=True):
    mend: Callable[[], None]
    checks: tuple[str, ...]
    """What to look at again."""


def _repair_manifests() -> None:
    from agent.checks.probes.browsers import repair_manifests  # noqa: PLC0415 - see the table

    repair_manifests()


_FIXES = {
    FIX_MANIFESTS: _Fix(_repair_manifests, ("manifests",)),
    FIX_AUTOSTART: _Fix(lambda: this_systems_autostart().switch_on(), ("autostart",)),
}


class CheckService:
    """The checks of this computer."""

    def __init__(self, parts: Parts, *, seconds: float = CHECK_SECONDS) -> None:
        self._parts = parts
        self._seconds = seconds

    async def run(self, names: Sequence[str] = ()) -> list[Result]:
        """Run the named checks, or all, at the same time, and return them in the table's order.

        Raises:
            UnknownCheckError: there is none of that name.
        """
        known = {check.name for check in CHECKS}
        for name in names:
            if name not in known:
                raise UnknownCheckError(name=name[:60])
        chosen = [check for check in CHECKS if not names or check.name in names]
        run = Run(self._parts)
        try:
            return list(await asyncio.gather(*(self._result(check, run) for check in chosen)))
        finally:
            run.close()

    async def fix(self, name: str) -> list[Result]:
        """Mend what ``name`` is for, and return the checks that looked at it, run anew.

        Raises:
            UnknownCheckError: there is no such fix.
            FixFailedError: it could not be written.
            OdcError: it could not be written, for a reason that has words and advice of its own.
        """
        fix = _FIXES.get(name)
        if fix is None:
            raise UnknownCheckError(name=name[:60])
        try:
            await asyncio.wait_for(in_thread(fix.mend), self._seconds)
        except OSError as error:  # a TimeoutError too
            raise FixFailedError(reason=str(error) or type(error).__name__) from error
        log.info("fixed name=%s", name)
        return await self.run(fix.checks)

    async def _result(self, check: Check, run: Run) -> Result:
        """Run one check; one that fails or hangs is unknown, and the others do not notice."""
        try:
            found = await asyncio.wait_for(check.look(run), self._seconds)
        except TimeoutError:
            log.warning("check hangs name=%s", check.name)
            found = [
                finding(
                    CheckState.UNKNOWN,
                    mark("No answer within {seconds} seconds."),
                    seconds=round(self._seconds),
                )
            ]
        except Exception as error:
            log.exception("check failed name=%s", check.name)
            found = [
                finding(
                    CheckState.UNKNOWN,
                    mark("The check itself failed: {reason}"),
                    reason=f"{type(error).__name__}: {error}",
                )
            ]
        return Result(check, tuple(worst_first(found)))
