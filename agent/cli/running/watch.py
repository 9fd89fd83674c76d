"""``odc-agent watch``: a line for each thing that happens, for people or, as JSON, for programs."""

from __future__ import annotations

from agent.api.client import Json
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.ground.language import Language, mark, translate, user_language


def watch(*, as_json: bool) -> int:
    """Print events until interrupted or the agent ends."""
    with agent() as client:
        client.call("events.subscribe")
        for message in client.notifications():
            event = message["params"]
            if as_json:
                say_json(event, indent=None, flush=True)
            elif line := _line(event):
                say(line, flush=True)
    return Exit.DONE


_OF_TOKENS = {
    "token_inserted": mark("Token {label} plugged in"),
    "token_removed": mark("Token {label} removed"),
    "pin_changed": mark("The PIN of {label} has been changed."),
}


def _line(event: Json) -> str:
    language = user_language()
    match event["event"]:
        case "token_inserted" | "token_removed" | "pin_changed" as name:
            label = event.get("token", event)["label"]
            return translate(_OF_TOKENS[name], language, label=label)
        case "certificate_seen":
            certificate = event["certificate"]
            return f"  {certificate['organisation']}  {certificate['text']}"
        case "reminder":
            return f"{event['title']}: {event['text']}"
        case "renewal" | "licence" as name:
            return f"{event[name]['organisation']}: {event[name]['text']}"
        case "pairs_forgotten":
            return "\n".join(_gone(one, language) for one in event["forgotten"])
    return ""


def _gone(forgotten: Json, language: Language) -> str:
    sentence = mark("The token “{label}” no longer holds the certificate of {organisation}.")
    label, organisation = forgotten["label"], forgotten["organisation"]
    return translate(sentence, language, label=label, organisation=organisation)
