"""The command line as ``python -m maju``."""

import sys

from maju.cli import main

if __name__ == "__main__":
    sys.exit(main())
