"""The commands about settings and web sites: config, sites."""

from __future__ import annotations

import argparse

from agent.cli.ground.parsers import add_command, add_group, add_json, add_listing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.cli.ground.parsers import Subparsers

_ORIGIN = "https://www.example.gov.cn"
_ACTIONS = {
    "allow": ("certificates", "renew", "login"),
    "deny": ("certificates", "renew", "login", "sign", "decrypt"),
}
_WITHOUT_ACTION = {
    "allow": "only this; without it certificates and renew",
    "deny": "only this; without it everything",
}


def add_config(subparsers: Subparsers) -> None:
    """Add ``config`` with its commands."""
    config = add_group(
        subparsers,
        "config",
        "see and change the settings",
        "  odc-agent config show\n  odc-agent config set language en",
    )
    add_listing(
        config, "show", "every setting with its value and who set it", _config_show, "config "
    )
    setting = add_command(
        config,
        "set",
        "set one key in your configuration file; its comments stay",
        _config_set,
        "  odc-agent config set language en\n"
        "  odc-agent config set reminders.thresholds '[60, 30, 7]'\n"
        "  odc-agent config set reminders.quiet_hours 22:00-08:00\n"
        "  odc-agent config set autostart true",
    )
    setting.add_argument("key", metavar="KEY")
    setting.add_argument("value", metavar="VALUE", help="JSON, or plain text")
    unset = add_command(
        config,
        "unset",
        "take your value of a key away",
        _config_unset,
        "  odc-agent config unset language",
    )
    unset.add_argument("key", metavar="KEY")


def add_sites(subparsers: Subparsers) -> None:
    """Add ``sites`` with its commands."""
    sites = add_group(
        subparsers,
        "sites",
        "which web sites may ask for certificates, and what waits for your answer",
        f"  odc-agent sites list\n  odc-agent sites withdraw {_ORIGIN}",
    )
    add_listing(sites, "list", "what was decided, and what the configuration says", _list, "sites ")
    _add_decisions(sites)
    _add_questions(sites)


def _add_decisions(sites: Subparsers) -> None:
    helps = {
        "allow": "let a site ask from now on without asking you",
        "deny": "let a site never ask",
        "withdraw": "forget what was decided; the site is told nothing more and asks again",
    }
    runs = {"allow": _allow, "deny": _deny, "withdraw": _withdraw}
    for name, summary in helps.items():
        example = f"  odc-agent sites {name} {_ORIGIN}"
        parser = add_command(sites, name, summary, runs[name], example)
        parser.add_argument("origin", metavar="ORIGIN", help=f"as in {_ORIGIN}, without a path")
        if name != "withdraw":
            parser.add_argument("--action", choices=_ACTIONS[name], help=_WITHOUT_ACTION[name])


def _add_questions(sites: Subparsers) -> None:
    pending = add_command(
        sites,
        "pending",
        "questions of sites that wait for an answer",
        _pending,
        "  odc-agent sites pending\n"
        "  odc-agent sites pending --watch   where no window can be opened: questions then wait",
    )
    pending.add_argument(
        "--watch", action="store_true", help="go on until Ctrl-C, a question a line"
    )
    add_json(pending)
    ask = add_command(
        sites, "ask", "show one question and answer it here", _ask, "  odc-agent sites ask ID"
    )
    answer = add_command(
        sites,
        "answer",
        "answer one question",
        _answer,
        "  odc-agent sites answer 3f2a once\n  odc-agent sites answer 3f2a decline",
    )
    for parser in (ask, answer):
        parser.add_argument("question", metavar="ID", help="see `odc-agent sites pending`")
    answer.add_argument("decision", choices=("once", "always", "never", "decline"))


def _config_show(options: argparse.Namespace) -> int:
    from agent.cli.settings import config  # noqa: PLC0415

    return config.show(as_json=options.json)


def _config_set(options: argparse.Namespace) -> int:
    from agent.cli.settings import config  # noqa: PLC0415

    return config.set_value(options.key, options.value)


def _config_unset(options: argparse.Namespace) -> int:
    from agent.cli.settings import config  # noqa: PLC0415

    return config.set_value(options.key, None)


def _list(options: argparse.Namespace) -> int:
    from agent.cli.settings import sites  # noqa: PLC0415

    return sites.list_all(as_json=options.json)


def _pending(options: argparse.Namespace) -> int:
    from agent.cli.settings import sites  # noqa: PLC0415

    return sites.pending(watches=options.watch, as_json=options.json)


def _ask(options: argparse.Namespace) -> int:
    from agent.cli.settings import sites  # noqa: PLC0415

    return sites.ask(question=options.question)


def _answer(options: argparse.Namespace) -> int:
    from agent.cli.settings import sites  # noqa: PLC0415

    return sites.answer(question=options.question, decision=options.decision)


def _allow(options: argparse.Namespace) -> int:
    from agent.cli.settings import sites  # noqa: PLC0415

    return sites.decide(origin=options.origin, decision="always", action=options.action)


def _deny(options: argparse.Namespace) -> int:
    from agent.cli.settings import sites  # noqa: PLC0415

    return sites.decide(origin=options.origin, decision="never", action=options.action)


def _withdraw(options: argparse.Namespace) -> int:
    from agent.cli.settings import sites  # noqa: PLC0415

    return sites.withdraw(origin=options.origin)
