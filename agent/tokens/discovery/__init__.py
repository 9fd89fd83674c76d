"""Which PKCS#11 modules to serve: those configured, p11-kit's, and well-known ones that are installed.

Nothing is loaded here: files are read, and what they are for is told from their first bytes.
"""

from agent.tokens.discovery.finding import Surroundings, find_modules, this_system
from agent.tokens.discovery.found import (
    ConfiguredModule,
    Discovery,
    FoundModule,
    LeftOut,
    ModuleFileError,
    ModuleLeftOutError,
    Source,
)

__all__ = [
    "ConfiguredModule",
    "Discovery",
    "FoundModule",
    "LeftOut",
    "ModuleFileError",
    "ModuleLeftOutError",
    "Source",
    "Surroundings",
    "find_modules",
    "this_system",
]
