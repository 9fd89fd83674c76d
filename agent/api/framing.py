from agent.framing import *  # noqa
from agent.framing import HEADER  # noqa
