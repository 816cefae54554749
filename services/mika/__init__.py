"""Mika for people: the videos of the site, and its transcoding."""

from services.mika.transcoding import Transcoding
from services.mika.videos import Videos

__all__ = ["Transcoding", "Videos"]
