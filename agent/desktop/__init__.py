"""The desktop: tray icon, notifications and windows, each in a process of its own.

GTK and Qt end their process when the display goes away, and a notification daemon may hang. So the
agent imports from here only what starts such processes (supervisor, notifications, windows), and
never a toolkit.
"""
