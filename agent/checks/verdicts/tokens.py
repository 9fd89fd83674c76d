"""Whether a token is there, what of its PIN, and both certificates with their keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from agent.certificates.days import CertificateStatus, status_of
from agent.certificates.model import CertificateUse
from agent.certificates.pairs import Pair, group
from agent.certificates.wording import days_text
from agent.checks.model import CheckState, Finding, Findings, Sentence, finding, ok, reported
from agent.ground.language import Language, mark, translate
from agent.tokens.model import PinState, TokenFacts
from agent.tokens.pin_states import state_text
from agent.tokens.snapshot import SM2, HeldCertificate, Problem, Snapshot, Token

NO_TOKEN = mark("No token is plugged in.")
_PLUG_IN = mark("Plug the token in, then check again.")
_PIN_STATES = {
    PinState.OK: CheckState.OK,
    PinState.COUNT_LOW: CheckState.WARNING,
    PinState.TO_BE_CHANGED: CheckState.WARNING,
    PinState.FINAL_TRY: CheckState.WARNING,
    PinState.LOCKED: CheckState.FAILED,
    PinState.NOT_SET: CheckState.FAILED,
}
_BY_SKF = mark("It can be renewed through the token's SKF driver (GM/T 0016), not through PKCS#11.")
_STATES = {
    CertificateStatus.VALID: CheckState.OK,
    CertificateStatus.EXPIRING: CheckState.WARNING,
    CertificateStatus.NOT_YET_VALID: CheckState.WARNING,
    CertificateStatus.EXPIRED: CheckState.FAILED,
}
_USES = {
    CertificateUse.SIGNING: mark("signing certificate"),
    CertificateUse.ENCRYPTION: mark("encryption certificate"),
}


class DaysText:
    """A certificate's days, said in whatever language is asked for."""

    def __init__(self, held: HeldCertificate, now: dt.datetime, token: str) -> None:
        """Tell of ``held``, on the token of that name; empty where there is only one."""
        self._held = held
        self._now = now
        self._token = token

    def text(self, language: Language) -> str:
        """Return the certificate's use and its days."""
        certificate = self._held.certificate
        use = Sentence(_USES.get(certificate.use, mark("certificate"))).text(language)
        days = days_text(certificate, self._now, language)
        return ": ".join(filter(None, (self._token, use, days)))


def judge_token(snapshot: Snapshot) -> Findings:
    """Return whether a token is plugged in and can be read."""
    problems = [_problem(problem) for problem in snapshot.problems]
    if not snapshot.tokens:
        return problems or [finding(CheckState.FAILED, NO_TOKEN, _PLUG_IN)]
    read = mark("The token {token} can be read. Certificates: {count}.")
    return [
        *problems,
        *(
            ok(read, token=token.facts.label, count=len(token.certificates))
            for token in snapshot.tokens
        ),
    ]


def _problem(problem: Problem) -> Finding:
    is_object = problem.report.code == "certificate_unreadable"
    return reported(CheckState.WARNING if is_object else CheckState.FAILED, problem.report)


class PinText:
    """What is known of a token's PIN, said in whatever language is asked for."""

    def __init__(self, facts: TokenFacts) -> None:
        self._facts = facts

    def text(self, language: Language) -> str:
        """Return the token's name, what is known of the tries, and whether the PIN is the maker's."""
        told = state_text(self._facts, language)
        return translate(mark("{token}: {told}"), language, token=self._facts.label, told=told)


def judge_pin(snapshot: Snapshot) -> Findings:
    """Return what is known of each token's PIN; ``snapshot`` tells what earlier tries showed too."""
    return [_pin(token) for token in snapshot.tokens] or [without_token()]


def _pin(token: Token) -> Finding:
    facts = token.facts
    state, advice = _PIN_STATES[facts.pin_state], None
    if facts.is_factory_pin and state is CheckState.OK:
        state = CheckState.WARNING
        advice = Sentence(mark("Change it in the main window, or by `odc-agent pin change`."))
    return Finding(state, PinText(facts), advice)


def judge_certificates(snapshot: Snapshot, now: dt.datetime) -> Findings:
    """Return for each pair in use whether both certificates are there and how long they are valid."""
    findings = [
        found
        for token in snapshot.tokens
        for pair in _pairs(token, now)
        for found in _pair(token, pair, now, is_only=len(snapshot.tokens) == 1)
    ]
    if findings:
        return findings
    if not snapshot.tokens:
        return [without_token()]
    return [
        finding(
            CheckState.FAILED,
            mark("There is no certificate of an organisation on the token."),
            mark("Check that the right token is plugged in."),
        )
    ]


def _pair(
    token: Token, pair: Pair[HeldCertificate], now: dt.datetime, *, is_only: bool
) -> Iterator[Finding]:
    renew = Sentence(mark("Renew it in the main window, or by `odc-agent renew`."))
    for held in pair.in_use:
        state = _STATES[status_of(held.certificate, now)]
        is_due = state is not CheckState.OK and pair.successor is None
        needs_skf = held.certificate.algorithm == SM2 and not held.container
        advice = (Sentence(_BY_SKF) if needs_skf else renew) if is_due else None
        yield Finding(state, DaysText(held, now, "" if is_only else token.facts.label), advice)
    for use, name in _USES.items():
        if all(held.certificate.use is not use for held in pair.in_use):
            yield finding(
                CheckState.WARNING,
                mark("{token}: the {use} is missing."),
                mark("Ask the authority's service desk; a renewal brings both."),
                token=token.facts.label,
                use=Sentence(name),
            )


def judge_keys(snapshot: Snapshot, now: dt.datetime) -> Findings:
    """Return whether the certificates in use have their private keys, as far as one sees without a PIN."""
    held = [
        (token, held)
        for token in snapshot.tokens
        for pair in _pairs(token, now)
        for held in pair.in_use
    ]
    return [_key(token, certificate) for token, certificate in held] or [without_token()]


def _key(token: Token, held: HeldCertificate) -> Finding:
    use = Sentence(_USES.get(held.certificate.use, mark("certificate")))
    if held.has_private_key is None:
        return finding(
            CheckState.UNKNOWN,
            mark("{token}: whether the {use} has its private key cannot be seen without the PIN."),
            token=token.facts.label,
            use=use,
        )
    if held.has_private_key:
        return ok(mark("{token}: the {use} has its private key."), token=token.facts.label, use=use)
    return finding(
        CheckState.FAILED,
        mark("{token}: the private key of the {use} is missing."),
        mark("This token cannot be used for it. Ask the authority's service desk."),
        token=token.facts.label,
        use=use,
    )


def without_token() -> Finding:
    """Return that this cannot be told while no token can be read."""
    return finding(
        CheckState.UNKNOWN, mark("This cannot be checked: no token can be read."), _PLUG_IN
    )


def _pairs(token: Token, now: dt.datetime) -> Sequence[Pair[HeldCertificate]]:
    return group(token.certificates, now).pairs
