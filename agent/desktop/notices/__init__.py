"""Notices on the desktop: what is shown, what was pressed, and what each is about.

``board`` keeps track of what is on the screen; a *display* shows it: by D-Bus with buttons, or by plyer.
"""
