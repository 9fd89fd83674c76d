"""All checks, in the order they are shown: what each looks at, and what judges it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from agent.certificates.chain import TrustStore
from agent.certificates.pairs import group
from agent.checks.model import Findings
from agent.checks.probes import computer, desktop, smart_cards
from agent.checks.probes.confinement import can_confine
from agent.checks.probes.driver_access import look_for_bar
from agent.checks.probes.fonts import look_for_fonts
from agent.checks.probes.network import look_at_way_out
from agent.checks.probes.threads import in_thread
from agent.checks.run import Parts, Run
from agent.checks.verdicts.authority import judge_authorities, judge_clock
from agent.checks.verdicts.browsers import Browser, judge_browsers, judge_extension, judge_manifests
from agent.checks.verdicts.chains import judge_chains
from agent.checks.verdicts.computer import (
    Others,
    judge_confinement,
    judge_disk,
    judge_others,
    judge_settings,
    judge_versions,
)
from agent.checks.verdicts.data import Data, judge_data
from agent.checks.verdicts.desktop import (
    Autostart,
    Tray,
    judge_autostart,
    judge_fonts,
    judge_notices,
    judge_tray,
)
from agent.checks.verdicts.drivers import Driver, Drivers, judge_drivers
from agent.checks.verdicts.network import judge_way_out
from agent.checks.verdicts.smart_cards import judge_smart_cards
from agent.checks.verdicts.tokens import (
    judge_certificates,
    judge_keys,
    judge_pin,
    judge_token,
)
from agent.ground.language import mark
from agent.system.autostart import this_systems_autostart
from agent.system.damage import laid_aside_in
from agent.system.runtime import runtime_folder
from agent.tokens.snapshot import Snapshot

Look = Callable[[Run], Awaitable[Findings]]


class Check(msgspec.Struct, frozen=True):
    """One check."""

    name: str
    title: str
    look: Look


async def _drivers(run: Run) -> Findings:
    await run.snapshot()
    parts, discovery = run.parts, run.parts.discovery()
    wanted = {module.settings.path: module for module in discovery.modules}
    failing = [reader.settings for reader in parts.inventory.readers if reader.reading.problems]
    bars = {
        settings.path: await in_thread(partial(look_for_bar, settings.path, tables))
        for settings in failing
        for tables in [parts.paths.module_tables]
        if not settings.environment  # where its files are elsewhere
    }
    served = tuple(
        Driver(
            name=wanted[path].name if path in wanted else path,
            is_wanted=path not in wanted or wanted[path].is_wanted,
            has_answered=reader.has_read and not reader.is_reading,
            problems=tuple(problem.report for problem in reader.reading.problems),
            bar=bars.get(path),
        )
        for reader in parts.inventory.readers
        for path in [reader.settings.path]
    )
    return judge_drivers(Drivers(served=served, problems=discovery.problems))


async def _smart_cards(run: Run) -> Findings:
    has_token = bool((await run.snapshot()).tokens)
    return judge_smart_cards(
        await in_thread(lambda: smart_cards.look_at_smart_cards(has_token=has_token))
    )


async def _token(run: Run) -> Findings:
    return await in_thread(partial(judge_token, await run.snapshot()))


async def _pin(run: Run) -> Findings:
    return judge_pin(await run.snapshot())


async def _certificates(run: Run) -> Findings:
    return await in_thread(partial(judge_certificates, await run.snapshot(), run.parts.clock()))


async def _keys(run: Run) -> Findings:
    return await in_thread(partial(judge_keys, await run.snapshot(), run.parts.clock()))


async def _chain(run: Run) -> Findings:
    snapshot, now, trust = await run.snapshot(), run.parts.clock(), await run.parts.trust()
    if trust is None:
        return judge_chains([])
    # Checking the signatures of SM2 certificates takes a while.
    return await in_thread(partial(_chain_findings, snapshot, trust, now))


def _chain_findings(snapshot: Snapshot, trust: TrustStore, now: dt.datetime) -> Findings:
    found = []
    for token in snapshot.tokens:
        chains = trust.chains([held.certificate for held in token.certificates], now)
        pairs = group(token.certificates, now).pairs
        in_use = {held.certificate.thumbprint for pair in pairs for held in pair.in_use}
        found += [chain for chain in chains if chain.path[0].thumbprint in in_use]
    return judge_chains(found)


async def _clock(run: Run) -> Findings:
    return judge_clock(await run.reached())


async def _network(run: Run) -> Findings:
    config = run.parts.config()
    return judge_way_out(await in_thread(lambda: look_at_way_out(config)))


async def _authority(run: Run) -> Findings:
    return judge_authorities(await run.reached())


def _look_for_browsers() -> list[Browser]:
    # Here: an agent that checks nothing need not load the native host's tables.
    from agent.checks.probes.browsers import look_for_browsers  # noqa: PLC0415

    return look_for_browsers()


async def _browsers(_run: Run) -> Findings:
    return judge_browsers(await in_thread(_look_for_browsers))


async def _manifests(_run: Run) -> Findings:
    return judge_manifests(await in_thread(_look_for_browsers))


async def _extension(run: Run) -> Findings:
    return judge_extension(run.parts.seen.last)


async def _tray(run: Run) -> Findings:
    host = await desktop.look_for_tray_host()
    parts = run.parts
    return judge_tray(Tray(host=host, is_wanted=parts.has_tray, is_shown=parts.is_tray_shown()))


async def _notices(run: Run) -> Findings:
    is_wanted = run.parts.config().reminders.notifications
    failure = run.parts.notices_failure()
    return judge_notices(await desktop.look_at_notices(is_wanted=is_wanted, failure=failure))


async def _autostart(run: Run) -> Findings:
    ways = await in_thread(this_systems_autostart().ways)
    return judge_autostart(
        Autostart(
            ways=tuple(way.place for way in ways),
            is_right=all(way.is_right for way in ways),
            is_wanted=run.parts.config().autostart is not False,
        )
    )


async def _fonts(_run: Run) -> Findings:
    return judge_fonts(await in_thread(look_for_fonts))


async def _settings(run: Run) -> Findings:
    return judge_settings(run.parts.config_problems())


async def _data(run: Run) -> Findings:
    parts = run.parts
    aside = await in_thread(partial(laid_aside_in, parts.paths.data))
    return judge_data(
        Data(
            problems=tuple(problem.report() for problem in parts.data_problems()),
            laid_aside=tuple(file.name for file in aside),
            folder=str(parts.paths.data),
            sharing=await in_thread(partial(computer.look_at_sharing, parts.paths.data)),
        )
    )


async def _disk(run: Run) -> Findings:
    paths = run.parts.paths
    folders = (paths.data, paths.config, paths.logs, runtime_folder())
    return judge_disk(await in_thread(lambda: computer.look_at_room(folders)))


async def _confinement(_run: Run) -> Findings:
    return judge_confinement(can_confine=await in_thread(can_confine))


async def _versions(_run: Run) -> Findings:
    return judge_versions(await in_thread(computer.look_at_versions))


async def _others(run: Run) -> Findings:
    modules = [settings.path for settings in run.parts.discovery().settings]
    held = await in_thread(smart_cards.look_for_holders)
    programs = await in_thread(lambda: computer.look_for_programs(modules))
    return judge_others(Others(held_readers=held, programs=tuple(programs)))


CHECKS = (
    Check("modules", mark("Token drivers"), _drivers),
    Check("smart_cards", mark("Smart card service"), _smart_cards),
    Check("token", mark("Token"), _token),
    Check("others", mark("Other programs at the token"), _others),
    Check("pin", mark("PIN"), _pin),
    Check("certificates", mark("Certificates"), _certificates),
    Check("keys", mark("Private keys"), _keys),
    Check("chain", mark("Issuing authority"), _chain),
    Check("network", mark("Way out"), _network),
    Check("authority", mark("Connection to the authority"), _authority),
    Check("clock", mark("Date and time"), _clock),
    Check("browsers", mark("Browsers"), _browsers),
    Check("manifests", mark("Registration with browsers"), _manifests),
    Check("extension", mark("Browser extension"), _extension),
    Check("tray", mark("Tray icon"), _tray),
    Check("notices", mark("Notices"), _notices),
    Check("fonts", mark("Chinese characters"), _fonts),
    Check("autostart", mark("Start at login"), _autostart),
    Check("settings", mark("Settings"), _settings),
    Check("data", mark("Saved data"), _data),
    Check("confinement", mark("Strangers' files"), _confinement),
    Check("disk", mark("Disk space"), _disk),
    Check("versions", mark("Versions"), _versions),
)

__all__ = ["CHECKS", "Check", "Parts"]
