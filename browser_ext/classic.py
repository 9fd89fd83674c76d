"""The page libraries as classic scripts, for pages without modules: ``window.odc`` in place of imports.

They are made from the modules, so that there is one source: ``export`` falls away, what was exported
becomes the members of one frozen object, and what a module imports stands in front of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_IMPORT = re.compile(
    r"^import (?:\* as (\w+)|\{([^}]*)\}) from \"\./([\w-]+\.js)\";$", re.MULTILINE
)
_OTHER = re.compile(r"^(?:export|import)\b", re.MULTILINE)


def classic_script(name: str, module: str, read: Callable[[str], str]) -> str:
    """Return the script that offers what ``module`` exports as ``window.NAME``.

    Args:
        name: of the object.
        module: file name of the module.
        read: returns a module's text by its file name.

    Raises:
        ValueError: a module exports or imports in a way that is not known here.
    """
    members = _as_object(module, read)
    return (
        f"// Made from {module}; see there. Gives window.{name}.\n"
        f'Object.defineProperty(window, "{name}", {{ value: {members} }});\n'
    )


def _as_object(module: str, read: Callable[[str], str]) -> str:
    """Return an expression for the object of what a module exports."""
    text = read(module)
    names = ", ".join(_EXPORT.findall(text))

    def imported(found: re.Match[str]) -> str:
        alone, several, file = found.groups()
        return f"const {alone or '{' + several + '}'} = {_as_object(file, read)};"

    body = _IMPORT.sub(imported, _EXPORT.sub("", text)) if names else text
    if not names or _OTHER.search(_EXPORT.sub("", _IMPORT.sub("", text))):
        raise ValueError("the module exports or imports in a way that is not known here")
    return f'(() => {{\n"use strict";\n{body}\nreturn Object.freeze({{ {names} }});\n}})()'
