"""What is said where a system lets no process be confined (seccomp, Landlock, limits)."""

from __future__ import annotations

from agent.ground.language import mark

NOT_CONFINED = mark(
    "This computer cannot open strangers' files safely: it lets no program be confined."
)
WHAT_TO_DO = mark(
    "Ask your administrator: the kernel needs seccomp, and a container or sandbox must allow it."
)
