"""The subcommands of ``odc-sandbox``, one module for each group."""
