"""The agent's parts, each group built by the module that knows it; agent.app starts and ends them."""
