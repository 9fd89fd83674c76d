"""What a person reads before allowing a site anything."""

from __future__ import annotations

from agent.ground.language import Language, mark, translate
from agent.sites.model import Action

_TITLES = {
    Action.CERTIFICATES: mark("{origin} wants to see the certificates on your tokens."),
    Action.RENEW: mark("{origin} wants to renew a certificate on your token."),
    Action.LOGIN: mark("{origin} wants you to log in with your token."),
    Action.SIGN: mark("{origin} wants you to sign with your token."),
    Action.DECRYPT: mark("{origin} wants your token to decrypt something."),
}
_ASKS = {
    Action.CERTIFICATES: mark("This site wants to see the certificates on your tokens."),
    Action.RENEW: mark("This site wants to renew a certificate on your token."),
    Action.LOGIN: mark("Log in to this site with your token."),
    Action.SIGN: mark("Sign for this site with your token."),
    Action.DECRYPT: mark("Decrypt for this site with your token."),
}
_NOTHING_ELSE = mark("It never gets your PIN, your papers or an SMS code.")
_SHOWS = {
    Action.CERTIFICATES: (
        mark("It sees the names and numbers of the organisations the certificates were issued to."),
        mark("It sees who issued each certificate and how long it is valid."),
        mark("It may read the certificates whole. There is nothing secret in them."),
        _NOTHING_ELSE,
    ),
    Action.RENEW: (
        mark("The renewal opens in a window of the agent; what it asks for stays there."),
        mark("The site is told each state of the renewal until it ends."),
        _NOTHING_ELSE,
    ),
    Action.LOGIN: (
        mark("It gets your certificate, and a signature that counts for this one log-in there."),
        _NOTHING_ELSE,
    ),
    Action.SIGN: (
        mark("A signature binds your organisation to what is shown here."),
        mark("The site gets the signature and your certificate."),
        _NOTHING_ELSE,
    ),
    Action.DECRYPT: (
        mark("The site gets what was encrypted to your organisation, in clear."),
        _NOTHING_ELSE,
    ),
}
_ASKS_HASH = mark("Sign a hash for this site, not a document.")
_SHOWS_HASH = (
    mark("Nobody can see what a hash stands for: a contract, a log-in elsewhere, an application."),
    mark("The signature binds your organisation to it, whatever it is."),
    mark("The site gets the signature and your certificate."),
    _NOTHING_ELSE,
)
_NOT_SECURE = mark("This site's connection is not encrypted. Allow it only for tests.")


def title(origin: str, action: Action, language: Language) -> str:
    """Return the question in one sentence."""
    return translate(_TITLES[action], language, origin=origin)


def asks(action: Action, language: Language, *, is_hash: bool = False) -> str:
    """Return the question where it stands below whose site it is; ``is_hash`` where a hash is signed."""
    return translate(_ASKS_HASH if is_hash else _ASKS[action], language)


def shows(
    action: Action, language: Language, *, site_is_secure: bool, is_hash: bool = False
) -> tuple[str, ...]:
    """Return what the site will get, in sentences."""
    sentences = _SHOWS_HASH if is_hash else _SHOWS[action]
    if not site_is_secure:
        sentences = (*sentences, _NOT_SECURE)
    return tuple(translate(sentence, language) for sentence in sentences)
