"""Print what our worker lists of a module, as JSON: ``list_tokens.py MODULE``. For other namespaces."""

from __future__ import annotations

import asyncio
import sys

import msgspec

from agent.tokens.model import ModuleSettings
from agent.tokens.supervisor import ModuleWorker


async def main() -> None:
    worker = ModuleWorker(ModuleSettings(path=sys.argv[1]))
    try:
        print(msgspec.json.encode(await worker.content()).decode())
    finally:
        await worker.end()


asyncio.run(main())
