"""What a person says of a token in its drawer, told to the agent; what was forgotten can be brought back."""

from __future__ import annotations

from typing import Any

from agent.api.client import Json
from agent.api.listed import leads
from agent.ground.language import mark
from agent.windows.main.drawer_strip import DrawerStrip
from agent.windows.main.tree import TokenTree
from agent.windows.window import Window


class DrawerActions:
    """Does for the certificate that is chosen what is pressed on its strip."""

    def __init__(self, window: Window, tree: TokenTree) -> None:
        self._window = window
        self._tree = tree

    def serve(self, strip: DrawerStrip) -> None:
        """Do from now on what is pressed there."""
        strip.forget_wanted.connect(self._forget)
        strip.resume_wanted.connect(lambda: self._tell("reminders.resume", self._named()))
        strip.decided.connect(self._decide)

    def _forget(self) -> None:
        window, params, token = self._window, self._named(), self._tree.token
        label = token["label"] if token else ""

        def done(_answer: Json) -> None:
            window.refresh()
            said = window.words(mark("“{label}” is forgotten."), label=label)
            undo = window.words(mark("Undo"))
            window.banner.offer(said, undo, lambda: self._tell("tokens.restore", params))

        window.link.call("tokens.forget", params, done)

    def _decide(self, is_replaced: bool) -> None:
        self._tell("tokens.decide", {**self._named(), "is_replaced": is_replaced})

    def _tell(self, method: str, params: dict[str, Any]) -> None:
        self._window.link.call(method, params, lambda _answer: self._window.refresh())

    def _named(self) -> dict[str, Any]:
        """Return the certificate that speaks for the pair that is chosen."""
        chosen, token = self._tree.certificate, self._tree.token
        if chosen is None or token is None:
            return {"thumbprint": ""}
        of_pair = (lead for lead in leads(token) if lead["pair"] == chosen["pair"])
        lead = next(of_pair, chosen)
        return {"thumbprint": lead["thumbprint"]}
