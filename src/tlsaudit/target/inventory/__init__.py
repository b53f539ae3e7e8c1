"""Targets out of what an operator keeps anyway: lists, tables, zones, manifests and certificate logs."""

from tlsaudit.target.inventory.entry import Inventory, InventoryEntry, collect
from tlsaudit.target.inventory.formats import INVENTORY_FORMATS, read_inventory
from tlsaudit.target.inventory.lines import read_hosts

__all__ = [
    "INVENTORY_FORMATS",
    "Inventory",
    "InventoryEntry",
    "collect",
    "read_hosts",
    "read_inventory",
]
