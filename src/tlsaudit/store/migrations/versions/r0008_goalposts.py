"""Which goalposts moved since the audit before."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("audits", sa.Column("moves", sa.Text))
