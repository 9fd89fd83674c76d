"""The local API: frames, methods, roles, events. Clients are the CLI, the tray, windows, the host."""
