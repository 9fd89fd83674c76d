"""The windows: each a process of its own, ``python -m agent.windows FD``.

FD is the inherited socket of its API connection. Nothing of the agent imports from here, and Qt is
imported nowhere else: it ends its process with the display.

``link.py`` is the connection to the agent, ``words.py`` the language, ``style.py`` how all windows
look, ``window.py`` what they have in common.
"""
