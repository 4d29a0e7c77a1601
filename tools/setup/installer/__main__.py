"""`python -m installer`, started by tools/setup/setup."""

import sys

from installer.cli import main

sys.exit(main(sys.argv[1:]))
