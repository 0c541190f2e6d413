"""Moments: read in the forms that people and programs write, moved, rounded, compared and written in others."""

from stdtools.clock.moments import Moment
from stdtools.clock.reading import Reader
from stdtools.clock.steps import Step, difference, parse_step
from stdtools.clock.writing import writer_of
from stdtools.clock.zones import Clock, zone_of

__all__ = ["Clock", "Moment", "Reader", "Step", "difference", "parse_step", "writer_of", "zone_of"]
