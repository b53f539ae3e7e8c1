"""What a user may rely on of `tlsaudit gate` with Apache's configuration: the guilty line, and a good one passes."""

from pathlib import Path

import pytest

from tests.cli.command import tlsaudit
from tests.cli.test_gate import Repository, found
from tests.servers.programs import require

GOOD = """\
SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1
SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20
SSLSessionTickets off
<VirtualHost *:80>
    ServerName www.example.org
    ServerAlias static.example.org
    RewriteEngine On
    RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L,NE]
</VirtualHost>
<IfModule mod_ssl.c>
    <VirtualHost *:443>
        ServerName www.example.org
        SSLEngine on
        SSLCertificateFile /etc/ssl/www.pem
        SSLCertificateKeyFile /etc/ssl/www.key
        Header always set Strict-Transport-Security "max-age=31536000"
        ProxyPass / http://app.internal:8080/
        ProxyPassReverse / http://app.internal:8080/
    </VirtualHost>
    <VirtualHost *:443>
        ServerName static.example.org
        DocumentRoot /srv/static
        SSLEngine on
        SSLCertificateFile /etc/ssl/static.pem
        SSLCertificateKeyFile /etc/ssl/static.key
        Header always set Strict-Transport-Security "max-age=31536000"
        <Directory /srv/static>
            Require all granted
        </Directory>
    </VirtualHost>
</IfModule>
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    require("apache2", "apache2")
    require("git", "git")
    made = Repository(tmp_path, "www.conf")
    made.commit(GOOD)
    return made


def test_a_good_configuration_passes(repository: Repository) -> None:
    done = repository.gate("--format", "json")
    assert (done.code, done.err) == (0, "")
    assert found(done.document) == set()
    assert done.document["gate"]["judged_with"].startswith("Apache 2.4.")
    assert ", OpenSSL " in done.document["gate"]["judged_with"]


def test_what_a_change_makes_worse_is_named_with_its_line(repository: Repository) -> None:
    repository.commit(GOOD.replace("[R=301,L,NE]", "[R,L,NE]"))
    done = repository.gate("--base", "HEAD~1", "--select", "redirect-https", "--format", "json")
    assert done.code == 1
    assert ("redirect-https", "www.example.org:443", 8) in found(done.document, change="worse")


def test_a_configuration_that_apache_rejects_is_located(tmp_path: Path) -> None:
    require("apache2", "apache2")
    (tmp_path / "www.conf").write_text(
        "<VirtualHost *:443>\nSSLEngine on\nSSLProtocol nonsense\n</VirtualHost>\n", "utf-8"
    )
    done = tlsaudit("gate", "www.conf", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("tlsaudit: www.conf:3: Apache does not start: ")
    assert done.err.count("\n") == 1
