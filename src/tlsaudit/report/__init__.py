"""Renderers of the audit document, one a file."""
