"""The browser extension, the page library portals use, and the scripts that build them."""
