"""Sites that ask by one socket, and the user who answers by the other."""

from __future__ import annotations

import asyncio

SITE = "https://www.example.gov.cn"
OTHER = "https://other.example.gov.cn"
UNKNOWN = "0" * 8 + "-0000-0000-0000-" + "0" * 12
DENIED = (-32000, "consent_denied")
NO_TOKEN = (-32000, "no_token")
RATE_LIMITED = (-32000, "rate_limited")


async def asked(user, count=1):
    """Wait until so many questions are open and return them."""
    async with asyncio.timeout(20):
        while len(found := (await user.result("sites.pending"))["questions"]) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


async def ask(desk, origin=SITE, method="browser.certificates", **params):
    """Ask in a task of its own; what a site without a token hears after consent is no_token."""
    peer = await desk.browser()
    return asyncio.create_task(peer.refusal(method, {"origin": origin, **params}))


async def answer(user, question, decision):
    return await user.result("consent.answer", {"id": question["id"], "decision": decision})
