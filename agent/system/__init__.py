"""What the operating system offers: folders, files, locks, other processes, the user's session."""
