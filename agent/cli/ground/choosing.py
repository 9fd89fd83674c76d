"""Which certificate or renewal a command is about: by a unique prefix, or the only one there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agent.api.client import Client, Json
from agent.api.listed import all_tokens, is_done_with
from agent.cli.ground.outcome import NeededError, has_ended
from agent.cli.ground.progress import progress
from agent.ground.language import Language, mark, translate
from agent.renewals.ground.errors import CertificateNotFoundError, RenewalNotFoundError

THUMBPRINT_DIGITS = 64
"""Hexadecimal digits of SHA-256."""


class ChoiceNeededError(NeededError):
    """There is not exactly one thing a command could be about; several are listed."""

    code = "choice_needed"

    def __init__(self, sentence: str, choices: Iterable[str] = ()) -> None:
        super().__init__()
        self._sentence = sentence
        self._choices = tuple(choices)

    def text(self, language: Language) -> str:
        """Return what is missing, in ``language``."""
        return translate(self._sentence, language)

    def advice_text(self, _language: Language) -> str:
        """Return what there is to choose from, a line each."""
        return "\n".join(f"  {choice}" for choice in self._choices)


class TokenNeededError(NeededError):
    """Nothing can be chosen from, since no token is plugged in."""

    code = "token_needed"
    sentence = mark("No token is plugged in.")
    advice = mark(
        "Plug the token in, then run the command again. `odc-agent check` says what is wrong."
    )


def thumbprint_of(client: Client, prefix: str) -> str:
    """Return the one thumbprint that begins with ``prefix``; spaces, colons and case do not count.

    Searched among the certificates on all tokens that are known, and those under renewal.

    Raises:
        CertificateNotFoundError, ChoiceNeededError
    """
    wanted = prefix.replace(":", "").replace(" ", "").lower()
    if len(wanted) == THUMBPRINT_DIGITS:
        return wanted  # whoever gets it looks for it anew
    known: dict[str, str] = {c["thumbprint"]: _named(c) for c in _known(client)}
    for renewal in client.call("renewals.list")["renewals"]:
        known.setdefault(renewal["thumbprint"], _named(renewal))
    return matching(wanted, known)


def matching(prefix: str, known: Mapping[str, str]) -> str:
    """Return the one of the ``known`` thumbprints, each with its line, that begins with ``prefix``.

    Raises:
        CertificateNotFoundError, ChoiceNeededError
    """
    fitting = {name: line for name, line in known.items() if prefix and name.startswith(prefix)}
    if not fitting:
        raise CertificateNotFoundError
    if len(fitting) > 1:
        raise ChoiceNeededError(mark("Several certificates begin like that:"), fitting.values())
    return next(iter(fitting))


def certificate_due(client: Client) -> str:
    """Return the thumbprint of the one signing certificate that needs renewal, plugged in or not.

    Without one that is due: of the one renewal under way.

    Raises:
        ChoiceNeededError, TokenNeededError
    """
    listed = _listed(client)
    due = [c for token in all_tokens(listed) for c in token["certificates"] if _is_due(c)]
    due = due or _open_renewals(client)
    if not due and not listed["tokens"]:
        raise TokenNeededError
    if not due:
        nothing = mark(
            "No certificate needs renewal. Choose one with --thumbprint to renew it anyway."
        )
        raise ChoiceNeededError(nothing)
    return _only_one(due, mark("Several certificates need renewal. Choose one with --thumbprint:"))


def signing_certificate(client: Client) -> str:
    """Return the thumbprint of the one signing certificate in use, or the one under renewal.

    Raises:
        ChoiceNeededError
    """
    plugged_in = _certificates(client)
    held = [c for c in plugged_in if c["is_current"] and c["use"] == "signing"]
    found = held or _open_renewals(client)
    if not found and not plugged_in:
        raise TokenNeededError
    if not found:
        raise ChoiceNeededError(mark("No token with a signing certificate is plugged in."))
    return _only_one(found, mark("Several certificates fit. Choose one with --thumbprint:"))


def renewal_of(client: Client, prefix: str | None) -> Json:
    """Return the one renewal whose id begins with ``prefix``, or without it the one under way.

    Raises:
        RenewalNotFoundError, ChoiceNeededError
    """
    if prefix is None:
        found = _open_renewals(client)
        if not found:
            raise ChoiceNeededError(mark("No renewal is under way."))
    else:
        every = client.call("renewals.list")["renewals"]
        found = [renewal for renewal in every if renewal["id"].startswith(prefix.lower())]
        if not found or not prefix:
            raise RenewalNotFoundError(id=prefix)
    if len(found) > 1:
        lines = [f"{r['id']}  {r['organisation']}  {r['text']}" for r in found]
        raise ChoiceNeededError(mark("Several renewals fit. Choose one by its id:"), lines)
    return found[0]


def _certificates(client: Client) -> list[Json]:
    """Return what is plugged in."""
    return [c for token in _listed(client)["tokens"] for c in token["certificates"]]


def _known(client: Client) -> list[Json]:
    """Return what is plugged in, and what lies in a drawer."""
    return [c for token in all_tokens(_listed(client)) for c in token["certificates"]]


def _listed(client: Client) -> Json:
    with progress(mark("Reading the tokens …")):
        return client.call("tokens.list", {"refresh": True})


def _open_renewals(client: Client) -> list[Json]:
    every = client.call("renewals.list")["renewals"]
    return [renewal for renewal in every if not has_ended(renewal)]


def _only_one(found: list[Json], several: str) -> str:
    lines: dict[str, str] = {c["thumbprint"]: _named(c) for c in found}
    if len(lines) > 1:
        raise ChoiceNeededError(several, lines.values())
    return next(iter(lines))


def _is_due(certificate: Json) -> bool:
    is_signing_in_use = certificate["is_current"] and certificate["use"] == "signing"
    is_due = certificate["status"] in ("expired", "expiring") and not is_done_with(certificate)
    return is_signing_in_use and is_due


def _named(certificate: Json) -> str:
    return f"{certificate['thumbprint']}  {certificate['organisation']}  {certificate['text']}"
