"""``odc-agent config``: what is set, by whom, and setting it; no agent need run, and none is started."""

from __future__ import annotations

import json

import msgspec
from msgspec.structs import replace

from agent.api.client import CallError, Json
from agent.api.views.settings import setting_list, setting_view
from agent.cli.ground.connect import agent_if_any
from agent.cli.ground.outcome import Exit, explain
from agent.cli.ground.output import say, say_json
from agent.ground.errors import OdcError
from agent.ground.language import Language, mark, translate, user_language
from agent.settings.service import Settings
from agent.system.paths import find_paths

_SOURCES = {
    "default": mark("as it comes"),
    "user": mark("set by you"),
    "policy": mark("locked by the administrator"),
}


def show(*, as_json: bool) -> int:
    """Print all settings, and what is wrong with the files."""
    answer = _all()
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
        _tell(mark("Takes effect after `odc-agent restart`: {keys}"), keys=", ".join(due))
    message = "message_zh" if language is Language.ZH else "message"
    for problem in answer["problems"]:
        say(f"! {problem[message]}")
    return Exit.DONE


def set_value(key: str, text: str | None) -> int:
    """Set ``key`` to what ``text`` tells, or take the user's value away where that is None."""
    try:
        setting = _set(key, _value(text))
    except (CallError, OdcError) as error:
        ending = explain(error)
        return Exit.USAGE if error.code in {"unknown_setting", "setting_invalid"} else ending
    language = user_language()
    say(_line(setting, language))
    if setting["needs_restart"]:
        _tell(mark("It takes effect after `odc-agent restart`."))
    return Exit.DONE


def _all() -> Json:
    """Return all settings: the agent's, or what the files say where none runs."""
    with agent_if_any() as client:
        if client is not None:
            return client.call("settings.get")
    return msgspec.to_builtins(setting_list(Settings(find_paths()), user_language()))


def _set(key: str, value: Json) -> Json:
    """Set one key, by the agent where one runs; CallError or OdcError."""
    with agent_if_any() as client:
        if client is not None:
            return client.call("settings.set", {"key": key, "value": value})
    setting = Settings(find_paths()).set(key, value)
    # One that is started later begins with it.
    return msgspec.to_builtins(setting_view(replace(setting, needs_restart=False), user_language()))


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
