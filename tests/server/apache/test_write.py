"""What is run is what was read and judged fit, and nothing else."""

from pathlib import Path

import pytest

from tests.server import repository
from tlsaudit.server import ConfigurationError
from tlsaudit.server.apache.read import Reader
from tlsaudit.server.apache.write import Writer
from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree
from tlsaudit.server.written import Written


def write(file: Path, tree: Tree, made: Path, standins: StandIns) -> Written:
    return Writer(made, tree, standins, Path("/nowhere"), allow=False).write(Reader(tree).read(file))


def written(folder: Path, text: str) -> str:
    """The part of apache2.conf that is made of one."""
    return repository.written(folder, "apache2.conf", text, write).partition("</VirtualHost>\n")[2]


@pytest.mark.parametrize(
    "line",
    [
        "<Perl>\nsystem('id')\n</Perl>",
        "LuaHookTranslateName /tmp/a.lua x",
        "RewriteMap lower prg:/usr/bin/id",
        "SSLPassPhraseDialog exec:/usr/bin/id",
        "ExtFilterDefine x cmd=/usr/bin/id",
        "LoadFile /tmp/evil.so",
    ],
)
def test_what_runs_code_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"apache2\.conf:1: \w+ runs code"):
        written(tmp_path, line)


@pytest.mark.parametrize(
    "line",
    [
        'CustomLog "|/usr/bin/id" combined',
        "ErrorLog /var/log/apache2/error.log",
        "LoadModule php_module /usr/lib/php.so",
        "User root",
        "PidFile /run/apache2.pid",
        "ScriptSock /run/cgid.sock",
        "AuthUserFile /etc/shadow",
        "SSLOpenSSLConfCmd DHParameters /etc/shadow",
        "SSLOpenSSLConfCmd PrivateKey /etc/shadow",
        "SSLProxyCACertificateFile /etc/ca.pem",
        "ProxyPass / http://10.0.0.1:8080/",
        "RewriteRule ^/(.*) http://10.0.0.1/$1 [P,L]",
        "WSGIScriptAlias / /srv/app.wsgi",
        "DocumentRoot /etc",
        "Alias /x /etc",
    ],
)
def test_no_file_or_address_of_the_configuration_is_left(tmp_path: Path, line: str) -> None:
    made = written(tmp_path, f"<VirtualHost *:443>\nSSLEngine on\n{line}\n</VirtualHost>\n").replace(
        "MADE/root/etc", ""
    )
    for named in ("/etc", "/var", "/srv", "/run", "/usr", "10.0.0.1", "User"):
        assert named not in made
