"""What is said of tokens by those who know nothing else of them, such as a window that opens quickly."""

from __future__ import annotations

from agent.ground.language import mark

FACTORY_PIN = mark("This token still has the PIN it was made with, which many know. Change it.")
