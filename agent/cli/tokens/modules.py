"""``odc-agent modules``: the token drivers that are served, and what is wrong with which."""

from __future__ import annotations

from agent.api.client import Json
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.ground.language import Language, mark, translate, user_language
from agent.tokens.model import ModuleKind
from agent.tokens.widths import OWN_BITS

_STATES = {
    "well": mark("works"),
    "impaired": mark("works, but not for all tokens"),
    "failed": mark("does not work"),
}
_DEVICES = mark("devices: {slots}; tokens: {tokens}")
_AT_ONCE = mark("insertion is noticed at once")
_IN_A_WHILE = mark("looked at every few seconds, since no event tells of its tokens")

_ELSEWHERE = mark("of {bits} bits, so that a process of its own loads it")


def modules(*, as_json: bool) -> int:
    """Print the modules; a module that does not work is no failure of the command."""
    with agent() as client:
        answer = client.call("modules.list")
    if as_json:
        say_json(answer)
        return Exit.DONE
    language = user_language()
    if not answer["modules"]:
        say(translate(mark("No token driver was found. Install the token's driver."), language))
    for module in answer["modules"]:
        for line in _lines(module, language):
            say(line)
    message = "message_zh" if language is Language.ZH else "message"
    for left_out in answer["left_out"]:
        say(f"- {left_out[message]}")
    for problem in answer["problems"]:
        say(f"! {problem[message]}")
    return Exit.DONE


def _lines(module: Json, language: Language) -> list[str]:
    lines = [f"{module['path']}  {translate(_STATES[module['state']], language)}"]
    if module["description"]:
        about = " ".join(filter(None, (module["manufacturer"], module["version"])))
        lines.append(
            f"  {module['description']}  ({about})" if about else f"  {module['description']}"
        )
    is_skf = module["driver"] == ModuleKind.SKF
    counts = _DEVICES if is_skf else mark("slots: {slots}; tokens: {tokens}")
    tokens = ", ".join(module["tokens"]) or "0"
    counted = translate(counts, language, slots=module["slots"], tokens=tokens)
    noticed = _AT_ONCE if module["has_events"] else _IN_A_WHILE
    lines.append(f"  {counted}; {translate(noticed, language)}")
    if module["bits"] not in (None, OWN_BITS):
        lines.append(f"  {translate(_ELSEWHERE, language, bits=module['bits'])}")
    message = "message_zh" if language is Language.ZH else "message"
    lines += [f"  ! {problem[message]}" for problem in module["problems"]]
    return lines
