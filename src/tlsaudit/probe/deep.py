"""sslyze in a process of its own. It is never imported: its licence is AGPL, and it may hang or crash."""

from tlsaudit.probe.extra import Extra

EXTRA = Extra("deep", "sslyze")
