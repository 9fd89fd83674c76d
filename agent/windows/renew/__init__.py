"""The window 证照更新: both items, and one page for each thing a renewal waits for.

``plan.py`` and ``choices.py`` decide what is shown (pure); the pages show it. The renewal itself runs
in the agent and its dossier is kept there, so that any page can be left and taken up later.
"""
