"""The local API's named pipes on Windows, where Unix has sockets.

Standard library only: the native host starts through here. What is Windows' own is in ``windows.py``;
the rest knows it by ``system.py`` and is tried everywhere.
"""
