"""``odc-agent sites``: which web sites may ask for what, and the questions that wait for an answer."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import msgspec

from agent.api.client import CallError, Client, Json
from agent.api.views.sites import decided
from agent.cli.ground.connect import agent, agent_if_any
from agent.cli.ground.outcome import Exit, NeededError, explain
from agent.cli.ground.output import say, say_json
from agent.cli.settings import token_use
from agent.ground.language import Language, mark, translate, user_language
from agent.settings.service import Settings
from agent.sites.memory import SiteMemory
from agent.system.paths import find_paths

_ACTIONS = {
    "certificates": mark("see certificates"),
    "renew": mark("renew"),
    "login": mark("log in"),
    "sign": mark("have signed"),
    "decrypt": mark("have decrypted"),
}
_DECISIONS = {"always": mark("always"), "never": mark("never")}
_KEYS = {"o": "once", "a": "always", "n": "never"}
_CHOICES = mark("[o] allow once  [a] allow always  [n] never allow  [Enter] decline: ")


class AnswerMissingError(NeededError):
    """A question can only be answered by somebody at a terminal."""

    code = "answer_missing"
    sentence = mark("A person has to answer this.")
    advice = mark("Run `odc-agent sites answer ID once`, or always, never or decline.")


def list_all(*, as_json: bool) -> int:
    """Print what was decided."""
    answer = _decided()
    if as_json:
        _print_json(answer)
        return Exit.DONE
    language = user_language()
    for entry in answer["decisions"]:
        what = translate(_ACTIONS[entry["action"]], language)
        say(f"{entry['origin']}  {what}: {translate(_DECISIONS[entry['decision']], language)}")
    configured = list(_configured(answer, language))
    for line in configured:
        say(f"{line} {translate(_CONFIGURED, language)}")
    if not answer["decisions"] and not configured:
        say(translate(mark("Nothing has been decided about any site."), language))
    return Exit.DONE


def _configured(answer: Json, language: Language) -> Iterator[str]:
    """Yield a line for each pattern of the configuration."""
    for rules, action in ((answer, ""), *((own, name) for name, own in answer["actions"].items())):
        what = f"{translate(_ACTIONS[action], language)}: " if action else ""
        for word, name in ((mark("always"), "allow"), (mark("never"), "deny")):
            for pattern in rules[name]:
                yield f"{pattern}  {what}{translate(word, language)}"
    for pattern in answer["hashes"]:
        yield f"{pattern}  {translate(mark('may have hashes signed, not documents alone'), language)}"


def _decided() -> Json:
    """Return what the agent knows, or what the files say where none runs: to read them, none is started."""
    with agent_if_any() as client:
        if client is not None:
            return client.call("sites.list")
    paths = find_paths()
    rules = Settings(paths).config.browser
    return msgspec.to_builtins(decided(SiteMemory(paths.sites), rules))


_CONFIGURED = mark("(by the configuration)")


def pending(*, watches: bool, as_json: bool) -> int:
    """Print the open questions; with ``watches`` each further one as it comes, until interrupted."""
    if watches:
        return _watch(as_json=as_json)
    # Where no agent runs, nobody asks.
    with agent_if_any() as client:
        questions = client.call("sites.pending")["questions"] if client is not None else []
    if as_json:
        _print_json({"questions": questions})
    else:
        _say(questions, as_json=False)
    return Exit.DONE


def _watch(*, as_json: bool) -> int:
    with agent() as client:
        client.call("consent.attend")
        client.call("events.subscribe")
        questions = client.call("sites.pending")["questions"]
        _say(questions, as_json=as_json)
        while True:
            event = client.next_notification()["params"]
            if event["event"] == "consent_asked" and event["consent"] not in questions:
                _say([event["consent"]], as_json=as_json)


def ask(*, question: str) -> int:
    """Show one question and take the answer from the terminal."""
    if not sys.stdin.isatty():
        return explain(AnswerMissingError())
    with agent(start=False) as client:
        try:
            asked = client.call("consent.get", {"id": question})
            say(_text(asked))
            if asked["token_use"]:
                return token_use.ask(client, asked)
            typed = input(translate(_CHOICES, user_language())).strip().lower()
        except (EOFError, KeyboardInterrupt):
            typed = ""  # nobody said yes
        return _answer(client, question, _KEYS.get(typed[:1], "decline"))


def answer(*, question: str, decision: str) -> int:
    """Answer one question; the first characters of its id are enough."""
    with agent(start=False) as client:
        found = [q["id"] for q in client.call("sites.pending")["questions"]]
        chosen = [known for known in found if known.startswith(question)]
        return _answer(client, chosen[0] if len(chosen) == 1 else question, decision)


def decide(*, origin: str, decision: str, action: str | None) -> int:
    """Allow or deny a site before it asks."""
    actions = {"actions": [action]} if action else {}
    with agent() as client:
        client.call("sites.decide", {"origin": origin, "decision": decision, **actions})
    return Exit.DONE


def withdraw(*, origin: str) -> int:
    """Take back all that a site was allowed."""
    with agent() as client:
        client.call("sites.withdraw", {"origin": origin})
    return Exit.DONE


def _answer(client: Client, question: str, decision: str) -> int:
    try:
        client.call("consent.answer", {"id": question, "decision": decision})
    except CallError as error:
        return explain(error)
    return Exit.DONE


def _say(questions: Iterable[Json], *, as_json: bool) -> None:
    for question in questions:
        if as_json:
            say_json(question, indent=None, flush=True)
        else:
            say(_text(question), flush=True)


def _text(question: Json) -> str:
    lines = (question["title"], *(f"  {s}" for s in question["shows"]), question["id"])
    return "\n".join((question["domain"], *lines))


def _print_json(value: Json) -> None:
    say_json(value)
