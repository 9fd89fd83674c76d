"""What can go wrong with a token, each with a sentence and the next step."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.ground.language import Language, mark, translate
from agent.tokens.model import PinState

TRIES_LEFT = {
    PinState.FINAL_TRY: mark("One try is left before the PIN is locked."),
    PinState.COUNT_LOW: mark("This token does not tell how many tries are left."),
}
"""What is told of the remaining tries where the token tells no number."""
TRIES = mark("Tries left for the PIN: {tries_left}")
"""Where it does."""


def tries_text(state: PinState, tries_left: int | None, language: Language) -> str:
    """Return what is told of the tries that are left: empty where there is nothing to tell."""
    left = TRIES_LEFT.get(state)
    if tries_left is None or state is PinState.FINAL_TRY:
        return translate(left, language) if left else ""
    return translate(TRIES, language, tries_left=tries_left)


_ASK_FOR_ANOTHER_KEY = mark(
    "Your certificates stay as they were. Tell the authority's service desk, "
    "then start the renewal again."
)


class TokenError(OdcError):
    """Base of everything that goes wrong between the agent and a token."""

    code = "token_error"
    sentence = mark("The token reported an error through the driver {module}: {reason}")
    advice = mark("Unplug the token, plug it in again and repeat the step.")


class RequestUnknownError(TokenError):
    """An agent asks a worker for something in a shape the worker does not know: one is of another version.

    That happens between the unpacking of a new package and the agent's new start.
    """

    code = "request_unknown"
    sentence = mark("The program has been updated, and a part of the old version still runs.")
    advice = mark("It starts anew by itself after an update. Then repeat the step.")


class ModuleLoadError(TokenError):
    """A driver's library cannot be loaded."""

    code = "module_not_loaded"
    sentence = mark("The token driver {module} cannot be loaded: {reason}")
    advice = mark("Install the token's driver again, or correct its path in the settings.")


class ModuleCrashedError(TokenError):
    """A worker ended in the middle of a call; only a vendor's library does that."""

    code = "module_crashed"
    sentence = mark("The token driver {module} crashed. It will be started again.")
    advice = mark("Repeat the step. If it happens again, update the token's driver.")


class ModuleHangsError(TokenError):
    """A call into a module did not come back in time."""

    code = "module_hangs"
    sentence = mark("The token driver {module} did not answer within {seconds} seconds.")
    advice = mark("Unplug the token, plug it in again and repeat the step.")


class TokenUnreadableError(TokenError):
    """A token is plugged in, and its module fails to read it."""

    code = "token_unreadable"
    sentence = mark("The token driver {module} cannot read the token {token}: {reason}")
    advice = mark("Unplug the token and plug it in again. Other tokens are not affected.")


class NoApplicationError(TokenError):
    """A token that speaks SKF is as its maker delivers it (GM/T 0016, 5.2)."""

    code = "no_application"
    sentence = mark(
        "The token {token} is empty: there is no application on it, and so no place for a certificate."
    )
    advice = mark("Have it set up where it was issued. Other tokens are not affected.")


class TooManySlotsError(TokenError):
    """A module lists more slots than any machine has."""

    code = "too_many_slots"
    sentence = mark(
        "The token driver {module} lists {count} slots; only the first {limit} are read."
    )
    advice = mark("Update the token's driver.")


class SignatureInvalidError(TokenError):
    """A module returned something that is no signature by the key it was asked for."""

    code = "signature_invalid"
    sentence = mark("A signature made through the token driver {module} does not fit its key.")
    advice = mark("Repeat the step. If it happens again, update the token's driver.")


class DecryptionUnsupportedError(TokenError):
    """The token has no way to decrypt the key of somebody's message and give it out."""

    code = "decryption_unsupported"
    sentence = mark("This token decrypts no messages here: its driver has no function for it.")


class KeyTypeUnsupportedError(TokenError):
    """The token cannot generate, or not sign with, any kind of key that is asked for."""

    code = "key_type_unsupported"
    sentence = mark(
        "The token, through the driver {module}, can use no key of the kind {key_types}."
    )
    advice = mark("Ask the authority's service desk for a token that can.")


class TokenMissingError(TokenError):
    """The token is not plugged in, or was pulled out."""

    code = "token_missing"
    sentence = mark("The token {label} is not plugged in.")
    advice = mark("Plug the token in. The step goes on by itself.")


class TokenHeldError(TokenError):
    """Another program has opened the token for itself alone (SCARD_SHARE_EXCLUSIVE)."""

    code = "token_held"
    sentence = mark("Another program keeps the token in {reader} to itself.")
    advice = mark("Close that program. The token is read as soon as it is free.")


class KeyEnvelopeInvalidError(TokenError):
    """What should carry a key to the token is nothing of the kind, or of a kind not read here."""

    code = "key_envelope_invalid"
    sentence = mark("The encryption key the authority sent cannot be used: {reason}")
    advice = _ASK_FOR_ANOTHER_KEY


class KeyEnvelopeUnopenedError(TokenError):
    """The key that should open the envelope is on the token, and does not open it."""

    code = "key_envelope_unopened"
    sentence = mark("The encryption key the authority sent is not for this token's key.")
    advice = _ASK_FOR_ANOTHER_KEY


class KeyMismatchError(TokenError):
    """The private key an authority sent is not that of the certificate beside it."""

    code = "key_mismatch"
    sentence = mark("The encryption key the authority sent does not fit its certificate.")
    advice = _ASK_FOR_ANOTHER_KEY


class KeyIdTakenError(TokenError):
    """Another key lies under the name that was chosen for a new one; it is left alone."""

    code = "key_id_taken"
    sentence = mark("Another key is on the token in the place of the new one.")
    advice = mark("Your certificates stay as they were. Start the renewal again.")


class TokenAmbiguousError(TokenError):
    """Several tokens have the same name and number; a PIN is not tried on any of them."""

    code = "token_ambiguous"
    sentence = mark("Several tokens are named {label}, and they cannot be told apart.")
    advice = mark("Leave only the one token plugged in.")


class ObjectMissingError(TokenError):
    """A certificate or key that should be on the token is not there."""

    code = "object_missing"
    sentence = mark("{what} is not on the token.")
    advice = mark("Check that the right token is plugged in.")


class PinIncorrectError(TokenError):
    """The PIN was wrong; one try is gone."""

    code = "pin_incorrect"
    sentence = mark("The PIN is wrong.")
    advice = mark("Enter the PIN again. It is not retried by itself.")

    def __init__(self, *, pin_state: PinState, tries_left: int | None = None) -> None:
        super().__init__(pin_state=pin_state.value, tries_left=tries_left)
        self._pin_state = pin_state
        self._tries_left = tries_left

    def text(self, language: Language) -> str:
        """Return what happened and what is known of the tries that are left."""
        left = tries_text(self._pin_state, self._tries_left, language)
        return " ".join(filter(None, (super().text(language), left)))


class OldPinIncorrectError(PinIncorrectError):
    """The old PIN of a PIN change was wrong; that costs a try like any other."""

    code = "old_pin_incorrect"
    sentence = mark("The old PIN is wrong. It has not been changed.")


class PinFinalTryError(TokenError):
    """One more wrong PIN locks the token, and nobody has consented to that risk yet."""

    code = "pin_final_try"
    sentence = mark("One try is left before the PIN is locked.")
    advice = mark("Go on only if you are sure of the PIN. Without your consent it is not tried.")


class PinLockedError(TokenError):
    """The token takes no PIN any more."""

    code = "pin_locked"
    sentence = mark("The PIN is locked.")
    advice = mark("Take the required papers to the authority's counter to have it unlocked.")
    after_unlocking = mark("Once it is unlocked, run `odc-agent pin unlocked`.")

    def __init__(self, *, is_remembered: bool = False) -> None:
        """Tell of a lock; one that is only remembered may have been opened at a counter since."""
        super().__init__(is_remembered=is_remembered)
        self._is_remembered = is_remembered

    def advice_text(self, language: Language) -> str:
        """Return where it is unlocked, and how the agent learns of it where the token cannot tell."""
        advice = super().advice_text(language)
        after = translate(self.after_unlocking, language)
        return f"{advice} {after}" if self._is_remembered else advice


class PinNotSetError(TokenError):
    """The token has no user PIN (CKF_USER_PIN_INITIALIZED is not set)."""

    code = "pin_not_set"
    sentence = mark("This token has no PIN yet.")
    advice = mark("Have a PIN set at the authority's counter.")


class PinToBeChangedError(TokenError):
    """The token wants another PIN first (CKF_USER_PIN_TO_BE_CHANGED, CKR_PIN_EXPIRED)."""

    code = "pin_to_be_changed"
    sentence = mark("The token wants its PIN changed before it does anything else.")
    advice = mark("Run `odc-agent pin change`, then repeat the step.")


class PinEntryBusyError(TokenError):
    """A PIN of this token is being asked for already."""

    code = "pin_entry_busy"
    sentence = mark("The PIN is already being asked for in another window.")
    advice = mark("Enter it there, or close that window.")


class PinFormError(TokenError):
    """The PIN has a length or characters the token does not take; no try was lost."""

    code = "pin_form"
    sentence = mark("The token does not take a PIN of this length or form.")
    advice = mark("Check the PIN and enter it again.")


class PinNotGivenError(TokenError):
    """Nobody entered the PIN in time, or the window was closed."""

    code = "pin_not_given"
    sentence = mark("No PIN was entered.")
    advice = mark("Start the step again when the PIN is at hand.")


class SessionEndedError(TokenError):
    """What the PIN allowed was ended by another program, or the token was put in again meanwhile."""

    code = "session_ended"
    sentence = mark("Another program has ended what the PIN allowed.")
    advice = mark("Repeat the step; the PIN is asked for again. Nothing is tried by itself.")


class PinUnansweredError(TokenError):
    """The worker ended after the PIN had been sent: whether the token saw it is not known."""

    code = "pin_unanswered"
    sentence = mark("The token's driver ended while the PIN was tried. A try may be gone.")
    advice = mark("Look at `odc-agent pin status` before you enter the PIN again.")


class TokenFullError(TokenError):
    """The token has no room for another object."""

    code = "token_full"
    sentence = mark("There is not enough space on the token.")
    advice = mark("Have old certificates removed at the authority's counter.")


class NotWrittenError(TokenError):
    """A token that works otherwise did not take a key or certificate.

    Many modules say no more than that of a full token: their CKR_GENERAL_ERROR may be anything.
    """

    code = "not_written"
    sentence = mark("Storing on the token failed in its driver {module}: {reason}")
    advice = mark(
        "Repeat the step. If it ends the same way, the token may be full: "
        "have old certificates removed at the authority's counter."
    )


class CertificateUnreadableError(TokenError):
    """An object that calls itself a certificate is not one."""

    code = "certificate_unreadable"
    sentence = mark(
        "The object {object} on the token {token} is not a certificate that can be read: {reason}"
    )
    advice = mark("Other certificates are not affected.")
