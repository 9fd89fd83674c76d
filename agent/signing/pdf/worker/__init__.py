"""The short-lived process that takes PDFs apart; nothing else in the agent does.

It adds room for a signature, or tells where signatures are. It sees no key, no PIN and no network, and what
it says is believed as far as it can be checked: an original is never its to change (it gives what is to be
appended), and what is signed is digested by the agent.
"""
