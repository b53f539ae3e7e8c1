"""Tells people what changed: what stands, by the history, against what they were told before."""
