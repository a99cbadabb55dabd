"""`python3 -m loopscope`: see loopscope.cli."""

import sys

from loopscope.cli import main

if __name__ == "__main__":
    sys.exit(main())
