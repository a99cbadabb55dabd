"""Settings of the process that are attributes of the package: loopscope.stall_threshold."""

from __future__ import annotations

import types

from loopscope import _native
from loopscope.loop import stall_threshold_changed


class Settings(types.ModuleType):
    """The class of the module `loopscope`: a module of its own class can have properties."""

    @property
    def stall_threshold(self) -> float:
        """How long, in seconds, something may be open in a loop before it is a stall; 0: nobody watches."""
        return _native.get_stall_threshold()

    @stall_threshold.setter
    def stall_threshold(self, seconds: float) -> None:
        _native.set_stall_threshold(seconds)
        stall_threshold_changed()
