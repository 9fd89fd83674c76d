"""The last stretch of the way to a CMP server: its path, and whether it takes the configured secret."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from agent.checks.verdicts.authority import Obstacle, Reached
from agent.renewals.authorities.authority import AuthorityUnreachableError
from agent.renewals.authorities.password_file import PasswordFileError
from agent.settings.config import AuthoritySettings, NetworkSettings

GREETING_SECONDS = 8.0


async def greeted(
    reached: Reached, settings: AuthoritySettings, network: NetworkSettings
) -> Reached:
    """Say something without consequence to the server, and return how that was taken."""
    # Here, since httpx takes memory that an agent without renewals does not need.
    from agent.renewals.authorities.cmp.greeting import CmpGreeting, Welcome  # noqa: PLC0415

    obstacles = {
        Welcome.NOT_CMP: Obstacle.CMP_PATH,
        Welcome.SECRET_REFUSED: Obstacle.CMP_SECRET,
        Welcome.FORGED: Obstacle.CMP_FORGED,
    }
    try:
        greeting = await asyncio.to_thread(CmpGreeting, settings, network)
    except PasswordFileError as error:
        return replace(reached, obstacle=Obstacle.CMP_SECRET_FILE, reason=_reason(error))
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            answer = await greeting.say()
    except TimeoutError:
        return replace(reached, obstacle=Obstacle.SILENCE)
    except AuthorityUnreachableError as error:
        return replace(reached, obstacle=Obstacle.HTTP_SERVER, reason=_reason(error))
    finally:
        await greeting.close()
    obstacle = obstacles.get(answer.welcome, Obstacle.NONE)
    return replace(reached, obstacle=obstacle, reason=answer.reason)


def _reason(error: PasswordFileError | AuthorityUnreachableError) -> str:
    return str(error.values["reason"])
