"""Runs the command line: `python -m docpact`."""

import sys

from docpact.cli import main

sys.exit(main())
