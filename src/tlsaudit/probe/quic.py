"""QUIC at the UDP ports of an address."""

from tlsaudit.probe.extra import Extra

EXTRA = Extra("quic", "aioquic")
