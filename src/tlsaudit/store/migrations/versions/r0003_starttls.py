"""In which protocol an endpoint is asked for TLS."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("endpoints", sa.Column("starttls", sa.String))
