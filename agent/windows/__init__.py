"""The windows: each a process of its own, ``python -m agent.windows NAME FD SUBJECT LANGUAGE``.

FD is the inherited socket of its API connection, SUBJECT what it is about and often empty, LANGUAGE
the one the agent speaks now. Nothing
of the agent imports from here, and Qt is imported nowhere else: it ends its process with the display.

``link.py`` is the connection to the agent, ``words.py`` the language, ``style.py`` how all windows
look, ``window.py`` what they have in common.
"""
