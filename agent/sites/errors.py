"""What a page is told where it may not, or not now."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.ground.language import mark


class ConsentDeniedError(OdcError):
    """The user or the administrator does not allow it, or nobody answered in time."""

    code = "consent_denied"
    sentence = mark("{origin} was not allowed to do this.")
    advice = mark(
        "Try again and allow it in the agent's window, or look at `odc-agent sites list`."
    )


class NoTokenError(OdcError):
    """No token is plugged in; said to a page only after consent."""

    code = "no_token"
    sentence = mark("No token is plugged in.")
    advice = mark("Plug the token in and try again.")


class NotForGoodError(OdcError):
    """Somebody would allow for good what is asked each time."""

    code = "not_for_good"
    sentence = mark("What is signed or decrypted for a site is asked each time.")


class NobodyToAskError(OdcError):
    """The user would have to be asked, and there is no way to."""

    code = "consent_unavailable"
    sentence = mark("You cannot be asked whether {origin} may do this: no window can be opened.")
    advice = mark("Allow the site with `odc-agent sites allow`, then try again.")


class RateLimitedError(OdcError):
    """A site asks more often than a person could have meant."""

    code = "rate_limited"
    sentence = mark("{origin} asks too often.")
    advice = mark("Wait a minute and try again.")


class QuestionNotFoundError(OdcError):
    """It was answered, or nobody waits for the answer any more."""

    code = "question_closed"
    sentence = mark("This question is no longer open.")


class SiteNotKnownError(OdcError):
    """Nothing is kept of a site."""

    code = "site_not_known"
    sentence = mark("Nothing has been decided about {origin}.")
    advice = mark("List the sites with `odc-agent sites list`.")
