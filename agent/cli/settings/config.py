"""``odc-agent config``: what is set, by whom, and setting it."""

from __future__ import annotations

import json

from agent.api.client import CallError, Json
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit, explain
from agent.cli.ground.output import say, say_json
from agent.ground.language import Language, mark, translate, user_language

_SOURCES = {
    "default": mark("as it comes"),
    "user": mark("set by you"),
    "policy": mark("locked by the administrator"),
}


def show(*, as_json: bool) -> int:
    """Print all settings, and what is wrong with the files."""
    with agent() as client:
        answer = client.call("settings.get")
    if as_json:
        say_json(answer)
        return Exit.DONE
    language = user_language()
    _tell(mark("Your file: {file}"), file=answer["file"])
    if answer["policy"] is not None:
        _tell(mark("The administrator's file: {file}"), file=answer["policy"])
    for setting in answer["settings"]:
        say(_line(setting, language))
    if due := [setting["key"] for setting in answer["settings"] if setting["needs_restart"]]:
        _tell(mark("Takes effect when the agent starts again: {keys}"), keys=", ".join(due))
    message = "message_zh" if language is Language.ZH else "message"
    for problem in answer["problems"]:
        say(f"! {problem[message]}")
    return Exit.DONE


def set_value(key: str, text: str | None) -> int:
    """Set ``key`` to what ``text`` tells, or take the user's value away where that is None."""
    with agent() as client:
        try:
            setting = client.call("settings.set", {"key": key, "value": _value(text)})
        except CallError as error:
            explain(error)
            return (
                Exit.USAGE if error.code in {"unknown_setting", "setting_invalid"} else Exit.FAILED
            )
    language = user_language()
    say(_line(setting, language))
    if setting["needs_restart"]:
        _tell(mark("It takes effect when the agent starts again."))
    return Exit.DONE


def _value(text: str | None) -> Json:
    """Return JSON as what it is and anything else as text, so that most values need no quotes."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _tell(sentence: str, **values: object) -> None:
    say(translate(sentence, user_language(), **values))


def _line(setting: Json, language: Language) -> str:
    value = json.dumps(setting["value"], ensure_ascii=False)
    source = translate(_SOURCES[setting["source"]], language)
    return f"{setting['key']} = {value}  # {setting['title']}; {source}"
