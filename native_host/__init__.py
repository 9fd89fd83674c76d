"""The native messaging host: relays between a browser's extension and the agent.

Starting it must cost next to nothing, so its relay uses the standard library only.
"""
