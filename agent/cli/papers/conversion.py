"""``odc-agent dossier convert``: shows what a conversion would give, and writes it if that is wanted."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.cli.papers.input_files import read_file, write_new
from agent.ground.errors import InvalidInputError
from agent.ground.language import mark, translate, user_language
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.scans.model import limits_of
from agent.renewals.scans.reports import Conversion, offer_conversion
from agent.renewals.scans.wording import facts_text

_LIMITS = limits_of(Policy(authority=""))
_SUFFIXES = {"image/jpeg": (".jpg", ".jpeg"), "image/png": (".png",)}


def convert(source: Path, target: Path, *, page: int, is_agreed: bool, as_json: bool) -> int:
    """Offer a conversion; NEEDED where it was declined or nobody is there to agree."""
    offer = offer_conversion(read_file(source), _LIMITS, page=page)
    suffixes = _SUFFIXES[offer.after.media_type]
    if target.suffix.lower() not in suffixes:
        reason = translate(
            mark("its name must end in {suffix}"), user_language(), suffix=suffixes[0]
        )
        raise InvalidInputError(what=str(target), reason=reason)
    if as_json:
        _print_json(offer)
    else:
        _print(offer)
    if not (is_agreed or _is_wanted(target)):
        return Exit.NEEDED
    write_new(target, offer.content)
    return Exit.DONE


def _print(offer: Conversion) -> None:
    language = user_language()
    before, after = (facts_text(facts, language) for facts in (offer.before, offer.after))
    say(translate(mark("before: {facts}"), language, facts=before))
    say(translate(mark("after: {facts}"), language, facts=after))
    for change in offer.changes_text(language):
        say(f"  - {change}")


def _print_json(offer: Conversion) -> None:
    answer = {
        "before": msgspec.to_builtins(offer.before),
        "after": msgspec.to_builtins(offer.after),
        "changes": [change.value for change in offer.changes],
        "page": offer.page,
    }
    say_json(answer)


def _is_wanted(target: Path) -> bool:
    """Ask; nobody there to ask is a no."""
    language = user_language()
    if not sys.stdin.isatty():
        say(translate(mark("Not written. Give --yes to write it."), language), file=sys.stderr)
        return False
    question = translate(mark("Write it to {file}? [y/N] "), language, file=target.name)
    say(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes", "是"}
