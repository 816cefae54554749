"""What the sandbox's services have in stock, the same for the same seed."""

from sandbox.catalogue.resources import Resource, Verdict
from sandbox.catalogue.shares import Node, Share
from sandbox.catalogue.stock import Catalogue
from sandbox.catalogue.titles import Title

__all__ = ["Catalogue", "Node", "Resource", "Share", "Title", "Verdict"]
