"""A page has a key on a token used: asked by a person, for this once, with the PIN in the same window.

One shape for log-ins, signatures and decryption (:class:`~agent.portal_signing.model.TokenUse`): what is
shown, which certificates serve, and what is done once the PIN was right.
"""
