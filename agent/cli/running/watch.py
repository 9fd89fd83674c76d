"""``odc-agent watch``: a line for each thing that happens, for people or, as JSON, for programs."""

from __future__ import annotations

from agent.api.client import Json
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.ground.language import mark, translate, user_language


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
    "token_removed": mark("Token {label} removed"),
    "pin_changed": mark("The PIN of {label} has been changed."),
}


def _line(event: Json) -> str:
    language = user_language()
    match event["event"]:
        case "token_inserted":
            label = event["token"]["label"]
            return translate(mark("Token {label} plugged in"), language, label=label)
        case "token_removed" | "pin_changed" as name:
            return translate(_OF_TOKENS[name], language, label=event["label"])
        case "certificate_seen":
            certificate = event["certificate"]
            return f"  {certificate['organisation']}  {certificate['text']}"
        case "reminder":
            return f"{event['title']}: {event['text']}"
        case "renewal" | "licence" as name:
            return f"{event[name]['organisation']}: {event[name]['text']}"
    return ""
