"""The rules, one small pure file each. Shipped as the package tlsaudit.checks."""
