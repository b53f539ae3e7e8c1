"""Probes: they ask servers and return evidence. They never judge."""
