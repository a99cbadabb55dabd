"""`python3 -m loopscope`: see loopscope.cli."""

import os
import signal
import sys

if __name__ == "__main__":
    try:
        from loopscope.cli import main
    except KeyboardInterrupt:  # before there was anything to interrupt
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        raise
    sys.exit(main())
