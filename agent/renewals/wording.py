"""How a renewal's state is said on screen."""

from __future__ import annotations

import datetime as dt

from agent.ground.language import Language, mark, translate
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State, Waiting
from agent.renewals.steps.working_days import is_certain

_STATES = {
    State.DRAFTING: mark("Preparing the renewal"),
    State.SIGNING: mark("Signing the application on the token"),
    State.SUBMITTED: mark("Sending the application"),
    State.REVIEWING: mark("The authority is reviewing the application"),
    State.REJECTED: mark("The review asks for amendments"),
    State.APPROVED: mark("The application is approved"),
    State.ISSUING: mark("Fetching the new certificate"),
    State.INSTALLING: mark("Importing the key pair"),
    State.INSTALLED: mark("Your new certificate has been installed successfully!"),
    State.CANCELLED: mark("The renewal was cancelled"),
    State.FAILED: mark("The renewal failed"),
}

_WAITING = {
    Waiting.TOKEN: mark("please plug the token in"),
    Waiting.PIN: mark("please enter the PIN"),
    Waiting.APPLICANT: mark("please fill in the dossier"),
    Waiting.REVIEW: mark("waiting for the result"),
    Waiting.SMS_CODE: mark("please enter the SMS code"),
    Waiting.NETWORK: mark("the authority cannot be reached, trying again"),
    Waiting.SPACE: mark("there is not enough space on the token"),
    Waiting.SECRET: mark("please enter the reference value and the secret from the authority"),
}


_ASK_AGAIN = {
    Waiting.PIN: mark(
        "There is no certificate yet; please enter the PIN to ask the certification authority again"
    ),
    Waiting.TOKEN: mark(
        "There is no certificate yet; to ask the certification authority again, "
        "please plug the token “{label}” in"
    ),
}
"""While the certificate is fetched, where the token has to sign each question."""
_SIGNING_ALONE = mark("Only the signing certificate was renewed; the encryption certificate stays.")
_PLUG_IN = mark("please plug the token “{label}” in")


def state_text(
    state: State, waiting: Waiting | None, language: Language, *, token: str = ""
) -> str:
    """Return where a renewal stands and what it waits for, as one sentence; ``token`` is a label."""
    stands = translate(_STATES[state], language)
    if waiting is None or state in {State.INSTALLED, State.CANCELLED, State.FAILED}:
        return stands
    if state is State.ISSUING and waiting in _ASK_AGAIN:
        return translate(_ASK_AGAIN[waiting], language, label=token)
    named = waiting is Waiting.TOKEN and token
    sentence = _PLUG_IN if named else _WAITING[waiting]
    waits = translate(sentence, language, label=token)
    return translate(mark("{state}: {waiting}"), language, state=stands, waiting=waits)


def renewal_text(renewal: Renewal, language: Language) -> str:
    """Return :func:`state_text` of a renewal, with the expected day, why it failed, or what was left."""
    text = state_text(renewal.state, renewal.waiting, language, token=renewal.token.label)
    if renewal.state is State.REVIEWING and renewal.expected_by is not None:
        return f"{text} ({expected_text(renewal.expected_by, language)})"
    if renewal.state is State.INSTALLED and renewal.is_of_signing_alone:
        return f"{text} {translate(_SIGNING_ALONE, language)}"
    if renewal.state is State.FAILED and renewal.error is not None:
        reason = renewal.error.text(language)
        return translate(mark("{state}: {waiting}"), language, state=text, waiting=reason)
    return text


def note_text(renewal: Renewal, language: Language) -> str:
    """Return what becomes of the encryption certificate of a pair where it is not renewed along."""
    pair = renewal.encryption
    if renewal.policy is None or pair is None or not pair.current_id or renewal.asks_for_encryption:
        return ""
    sentence = mark(
        "{authority} renews the signing certificate alone: "
        "the encryption certificate beside it stays as it is."
    )
    return translate(sentence, language, authority=renewal.authority)


def expected_text(day: dt.date, language: Language) -> str:
    """Return the day by which a review should be done; 约 in years whose holidays are not known."""
    sentence = mark("expected by {day}") if is_certain(day) else mark("expected around {day}")
    return translate(sentence, language, day=day)
