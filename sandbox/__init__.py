"""A certification authority for one desk: EST, the RA API, a reviewer and a demo portal.

For demonstrations, tests, portal developers, and authorities that want to try the protocol. It
listens on the loopback interface only, and nothing in it is pretended: signatures are verified,
states are kept, certificates chain to its own root. Its keys and people are invented.
"""
