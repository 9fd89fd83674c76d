"""A home on a share that has no locks, or no shared mappings: the agent runs, and says so when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from c_library import built
from kept_data import keep_everything

from agent.renewals.journal.database import Way
from agent.system.paths import find_paths

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")

# Before and after: what the agent that is to be tried must neither lose nor leave for the next one.
RUN = """
import asyncio, json, sys
sys.path[:0] = sys.argv[1:]
from agent_here import agent, ask
from agent.renewals.journal import journal, opening
from agent.system.lock import AgentLock, AlreadyRunningError
from agent.system.paths import find_paths

ways = []
class Seen(journal.Journal):
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        ways.append(self.way)
opening.Journal = Seen

async def main():
    paths = find_paths()
    async with agent(paths) as client:
        status = await ask(client, "agent.status")
        checked = await ask(client, "checks.run", names=["data"])
        try:
            with AgentLock(paths.lock):
                is_alone = False
        except AlreadyRunningError:
            is_alone = True
    print(json.dumps([ways, is_alone, status["renewals_under_way"], [p["code"] for p in status["problems"]],
                      [item["text"] for item in checked["items"]]]))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("lack", "way", "said"),
    [
        (None, Way.SHARED, "保存的数据均可读取"),
        ("NO_MAPS", Way.ALONE, "不支持共享内存"),
        ("NO_LOCKS", Way.UNLOCKED, "不支持文件锁"),
    ],
)
def test_an_agent_runs_on_whatever_share_and_the_check_says_what_it_lacks(
    own_folders, tmp_path, lack, way, said
):
    keep_everything(find_paths())
    environment = {**os.environ, "SHARE": os.environ["ODC_HOME"], "ODC_LANGUAGE": "zh_CN"}
    if lack:
        source = Path(__file__).parents[1] / "system" / "share_without.c"
        environment |= {lack: "1", "LD_PRELOAD": str(built(source, tmp_path))}
    done = subprocess.run(
        [sys.executable, "-c", RUN, *sys.path],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ways, is_alone, under_way, problems, [text] = json.loads(done.stdout)
    assert (ways, is_alone, under_way, problems) == ([way.value], True, 1, [])
    assert said in text
