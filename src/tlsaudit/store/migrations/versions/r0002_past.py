"""An index to find what was seen of one endpoint before."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_endpoints_endpoint", "endpoints", ["endpoint"])
