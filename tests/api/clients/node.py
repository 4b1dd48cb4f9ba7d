"""Where scripts/setup-test puts the Node.js of the tests and what it installs of npm."""

from pathlib import Path

CLIENTS = Path(__file__).parents[3] / "build/clients"
NODE = CLIENTS / "bin/node"
