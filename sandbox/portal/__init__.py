"""The demo portal: its page, and what its server checks when somebody logs in."""
