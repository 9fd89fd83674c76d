"""Which token is to be plugged in, and whose it is that was plugged in instead."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from agent.api.client import Json
from agent.api.listed import leads
from agent.ground.language import mark
from agent.windows.picture import Picture
from agent.windows.renew.labels import isolated, make_label, say
from agent.windows.renew.step_card import StepCard, put_in_the_middle
from agent.windows.words import Words

_BY_ITSELF = mark(
    "It is noticed by itself, and the renewal goes on from here. What was filled in is kept; you may"
    " close this window meanwhile."
)


class TokenPage(QWidget):
    """A picture of what is looked for, its name, and a kind word about any other token."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._renewal: Json = None
        self._tokens: list[Json] = []
        self.text = make_label("heading")
        self.about = make_label()
        self.another = make_label("warning")
        self.error = make_label("bad")
        self.note = make_label("muted")
        words.show(self.note.setText, _BY_ITSELF)
        self._arrange()

    def show_renewal(self, renewal: Json, days: str) -> None:
        """Say which token a renewal needs; ``days`` is how long its certificate still is valid."""
        self._renewal = renewal
        label = isolated(renewal["token_label"])
        say(self.text, self._words(mark("Please plug the token “{label}” in"), label=label))
        say(self.about, "  ".join(filter(None, (isolated(renewal["organisation"]), days))))
        say(self.error, " ".join(filter(None, (renewal["error_text"], renewal["advice_text"]))))
        self._say_another()

    def show_tokens(self, tokens: list[Json]) -> None:
        """Take what is plugged in now."""
        self._tokens = tokens
        self._say_another()

    def _say_another(self) -> None:
        if self._renewal is None:
            return
        wanted = self._renewal["thumbprint"]
        others = [_owner(token) for token in self._tokens if not _holds(token, wanted)]
        if not others:
            say(self.another, "")
            return
        sentence = mark(
            "The token that is plugged in is that of {owner}. Please plug “{label}” in."
        )
        label = isolated(self._renewal["token_label"])
        say(self.another, self._words(sentence, owner=isolated(others[-1]), label=label))

    def _arrange(self) -> None:
        card = StepCard(Picture("token"))
        for label in (self.text, self.about, self.another, self.error, self.note):
            card.inside.addWidget(label)
        put_in_the_middle(self, card)


def _holds(token: Json, thumbprint: str) -> bool:
    return any(each["thumbprint"] == thumbprint for each in token["certificates"])


def _owner(token: Json) -> str:
    """Return whose token it is, else what it is called."""
    names = (lead["organisation"] or lead["subject"] for lead in leads(token))
    return next(names, "") or str(token["label"])
