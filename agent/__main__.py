"""``python -m agent`` is ``odc-agent`` too, and says it in a sentence where a part of the program is missing.

A module of ``agent.cli`` could not: that package itself is what may not load.
"""

import sys

from agent.system.incomplete import tell_of

try:
    from agent.cli import main

    _code = main()
except ImportError as error:
    _code = tell_of(error)
sys.exit(_code)
