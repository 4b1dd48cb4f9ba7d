"""A switch that is only emulated: recorded calls, played over the real distribution protocol as calls of now."""

from bridge.emulator.core import Core
from bridge.emulator.running import emulate
from bridge.emulator.scene import Scene, read_scene
from bridge.emulator.switch import EmulatedSwitch

__all__ = ["Core", "EmulatedSwitch", "Scene", "emulate", "read_scene"]
