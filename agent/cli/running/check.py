"""``odc-agent check``: 环境检测 in a terminal."""

from __future__ import annotations

from agent.api.client import CallError, Client, Json
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit, explain
from agent.cli.ground.output import say, say_json
from agent.cli.ground.progress import progress
from agent.ground.language import Language, mark, translate, user_language

_MARKS = {"ok": "✓", "warning": "!", "failed": "✗", "unknown": "?"}


def check(*, names: list[str], as_json: bool, as_report: bool, mends: bool) -> int:
    """Run checks and print them; the exit code says whether one failed."""
    with agent() as client:
        try:
            with progress(mark("Checking …")):
                answer = client.call("checks.run", {"names": names})
                if mends:
                    answer = _mended(client, answer, names)
        except CallError as error:
            explain(error)
            return Exit.USAGE if error.code == "unknown_check" else Exit.FAILED
    if as_json:
        say_json(answer)
    elif as_report:
        say(answer["report"], end="")
    else:
        _print(answer["items"])
    has_failed = any(item["state"] == "failed" for item in answer["items"])
    return Exit.FAILED if has_failed else Exit.DONE


def _mended(client: Client, answer: Json, names: list[str]) -> Json:
    """Have everything mended that can be, and return how it is then."""
    fixes = {item["fix"] for item in answer["items"] if item["fix"]}
    for fix in sorted(fixes):
        client.call("checks.fix", {"id": fix})
    return client.call("checks.run", {"names": names}) if fixes else answer


def _print(items: list[Json]) -> None:
    language = user_language()
    for item in items:
        lines = item["text"].splitlines()
        say(f"{_MARKS[item['state']]} {item['name']}: {item['title']} - {lines[0]}")
        for line in lines[1:]:
            say(f"    {line}")
        for line in item["advice"].splitlines():
            say(f"    → {line}")
    say(_summary(items, language))


def _summary(items: list[Json], language: Language) -> str:
    states = [item["state"] for item in items]
    counted = mark("ok: {ok}; to be looked at: {warning}; failed: {failed}; unknown: {unknown}")
    text = translate(counted, language, **{state: states.count(state) for state in _MARKS})
    if any(item["fix"] for item in items):
        text += "\n" + translate(
            mark("`odc-agent check --fix` mends what can be mended."), language
        )
    return text
