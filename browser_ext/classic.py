"""The page library as a classic script, for pages without modules: ``window.odc`` in place of imports.

It is made from the module, so that there is one source: ``export`` falls away, and what was
exported becomes the members of one frozen object.
"""

from __future__ import annotations

import re

_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class) (\w+))", re.MULTILINE)
_HEAD = "// Made from odc.js; see there. Gives window.odc.\n"


def classic_script(module: str) -> str:
    """Return the script that offers what ``module`` exports as ``window.odc``."""
    names = _EXPORT.findall(module)
    body = _EXPORT.sub("", module)
    if re.search(r"^(?:export|import)\b", body, re.MULTILINE):
        raise ValueError("the module exports or imports in a way that is not known here")
    members = ", ".join(names)
    return (
        f'{_HEAD}(() => {{\n"use strict";\n{body}\n'
        f'Object.defineProperty(window, "odc", {{ value: Object.freeze({{ {members} }}) }});\n}})();\n'
    )
