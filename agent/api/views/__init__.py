"""What the local API answers, a module for each subject: the shapes clients see, and how each is made.

They are kept apart from the shapes inside. Times are ISO 8601 in UTC. ``message_zh``/``text`` are for
people, codes for programs.
"""
