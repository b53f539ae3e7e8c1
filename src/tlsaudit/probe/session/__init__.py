"""Completed handshakes: sessions, every certificate chain, what a server asks of its clients."""

from tlsaudit.probe.session.credential import Credential
from tlsaudit.probe.session.look import SessionLook, look_sessions

__all__ = ["Credential", "SessionLook", "look_sessions"]
