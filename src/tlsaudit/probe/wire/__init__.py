"""Packets on an interface between the two sides of a link: which are encrypted, and which are not."""
