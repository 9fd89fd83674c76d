"""What commands of the sandbox say: in the one language of whoever reads it."""

from __future__ import annotations

from agent.ground.language import Language, user_language


def words(chinese: str, english: str) -> str:
    """Return the sentence in the user's language."""
    return chinese if user_language() is Language.ZH else english
