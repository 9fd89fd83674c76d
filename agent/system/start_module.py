"""``python -I start_module.py MODULE …``: run a module of ours as ``python -m`` does.

``-I`` keeps PYTHONPATH, the user's own packages and the working folder out of a process; so it would not find
a checkout, or an installation among the user's own packages, either. The folder this file lies in is told to
it by the command, and comes last: nothing beside it shadows the standard library.
"""

import os
import runpy
import sys

if __name__ == "__main__":
    _root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if _root not in sys.path:
        sys.path.append(_root)
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
