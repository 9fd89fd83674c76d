"""The main window: toolbar, tokens with their pairs, one certificate's information, portals."""
