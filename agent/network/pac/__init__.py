"""Proxy auto-configuration: a company's JavaScript function that names the proxy for an address.

``scripts.py`` reads the program, ``system.py`` asks the system where it is, ``worker.py`` runs it in a
process of its own, ``evaluating.py`` is the agent's end of that, ``answers.py`` reads what it says, and
``ways.py`` puts them together and remembers. All block: callers in an event loop use a thread.
"""
