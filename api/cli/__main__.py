"""`python -m api.cli`: the same as `harmony`; supervised parts are started so."""

import sys

from api.cli.main import main

sys.exit(main())
