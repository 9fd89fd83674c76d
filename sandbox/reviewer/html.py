"""HTML by functions: what is not Markup is escaped, wherever it stands. Pure."""

from __future__ import annotations

import html


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, *children: str | None, **attributes: str | int | bool | None) -> Markup:
    """Return an element; ``class_`` and ``max_length`` become ``class`` and ``max-length``.

    A child or attribute of None is left out, an attribute of True has no value.
    """
    return Markup(f"<{tag}{_attributes(attributes)}>{join(*children)}</{tag}>")


def void(tag: str, **attributes: str | int | bool | None) -> Markup:
    """Return an element that has no content, such as ``input``."""
    return Markup(f"<{tag}{_attributes(attributes)}>")


def join(*children: str | None) -> Markup:
    """Return the children one after the other."""
    return Markup("".join(_escaped(child) for child in children if child is not None))


def _escaped(child: str) -> str:
    return child if isinstance(child, Markup) else html.escape(child)


def _attributes(attributes: dict[str, str | int | bool | None]) -> str:
    words = []
    for name, value in attributes.items():
        key = name.rstrip("_").replace("_", "-")
        if value is True:
            words.append(f" {key}")
        elif value is not None and value is not False:
            words.append(f' {key}="{html.escape(str(value))}"')
    return "".join(words)
