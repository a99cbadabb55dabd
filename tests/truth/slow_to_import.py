"""Takes a while to import: see blockers.py."""

import time

time.sleep(0.4)
