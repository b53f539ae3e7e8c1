"""Real servers whose connections begin in clear, on free ports of loopback, with configurations of their own.

with postfix(ca, before_tls=True) as listener:
    ...  # listener.address, listener.port; the certificate is for www.example.org

`tls` says whether the upgrade is offered, `before_tls` whether passwords are taken in clear before it.
"""

from tests.servers.starttls.dovecot import dovecot
from tests.servers.starttls.mariadb import mariadb
from tests.servers.starttls.news import news
from tests.servers.starttls.postfix import postfix
from tests.servers.starttls.postgres import postgres
from tests.servers.starttls.prosody import prosody
from tests.servers.starttls.slapd import slapd
from tests.servers.starttls.vsftpd import vsftpd

__all__ = ["dovecot", "mariadb", "news", "postfix", "postgres", "prosody", "slapd", "vsftpd"]
