"""A switch that is only emulated, over the real distribution protocol: phones that live and obey, recorded calls."""

from bridge.emulator.core import Core
from bridge.emulator.running import emulate
from bridge.emulator.scene import Scene, read_scene
from bridge.emulator.switch import EmulatedSwitch
from bridge.emulator.towns import towns

__all__ = ["Core", "EmulatedSwitch", "Scene", "emulate", "read_scene", "towns"]
