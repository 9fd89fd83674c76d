"""``python -m native_host`` is ``odc-native-host``."""

import sys

from native_host.cli import main

sys.exit(main())
