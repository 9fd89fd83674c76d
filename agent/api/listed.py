"""What clients make of the answer to ``tokens.list``. Pure."""

from __future__ import annotations

from agent.api.client import Json


def all_tokens(listed: Json) -> list[Json]:
    """Return the tokens that are plugged in, then those that are not."""
    # An agent of the version before, not yet started anew after an upgrade, tells of no others.
    return [*listed["tokens"], *listed.get("remembered", ())]


def named(token: Json, *more: str) -> str:
    """Return a token's label, with what tells it from others of that name: its number and application."""
    about = (*more, token["serial"], token.get("application", ""))
    return f"{token['label']}  ({', '.join(filter(None, about))})" if any(about) else token["label"]


def leads(token: Json) -> list[Json]:
    """Return the certificate that speaks for each pair of a token: its signing certificate, mostly."""
    found: dict[int, Json] = {}
    for certificate in token["certificates"]:
        if certificate["is_current"]:
            found.setdefault(certificate["pair"], certificate)
    return list(found.values())


def is_done_with(lead: Json) -> bool:
    """Return whether nobody has to look after a pair in a drawer: replaced, or not to be reminded of."""
    return bool(lead["renewed_by"] or lead["is_silenced"])
