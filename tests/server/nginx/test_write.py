"""What is run is what was read and judged fit, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server import repository
from tests.server.repository import tree
from tlsaudit.server import ConfigurationError
from tlsaudit.server.nginx.read import Reader
from tlsaudit.server.nginx.write import Writer, _quoted
from tlsaudit.server.standin import StandIns
from tlsaudit.server.tree import Tree
from tlsaudit.server.written import Written


def write(file: Path, tree: Tree, made: Path, standins: StandIns) -> Written:
    return Writer(made, tree, standins, allow=False).write(Reader(tree).read(file))


def written(folder: Path, text: str) -> str:
    """The nginx.conf that is made of one."""
    return repository.written(folder, "nginx.conf", text, write)


@pytest.mark.parametrize(
    "line",
    [
        "load_module modules/ngx_http_perl_module.so;",
        "http { perl_modules perl; }",
        "http { server { location / { content_by_lua_block { os.execute('id') } } } }",
        "http { server { location / { js_content main.hello; } } }",
        "ssl_engine pkcs11;",
        "http { server { dav_methods PUT; } }",
        "http { server { location / { proxy_store on; } } }",
        "env LD_PRELOAD=/tmp/evil.so;",
    ],
)
def test_what_runs_code_is_refused_unless_allowed(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"nginx\.conf:1: \w+ runs code or writes files"):
        written(tmp_path, line)


def test_modules_are_loaded_before_all_else(tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    made = Writer(folder, tree(folder), StandIns(folder, []), allow=True, modules=[Path("/lib/a.so")]).write([])
    assert made.file.read_text("utf-8").startswith("load_module /lib/a.so;\n")


@pytest.mark.parametrize(
    "line",
    [
        "access_log /etc/cron.d/evil;",
        "error_log /var/log/nginx/error.log;",
        "client_body_temp_path /srv/upload;",
        "proxy_cache_path /srv/cache keys_zone=one:10m;",
        "server { listen 443 ssl; server_name a.example.org; auth_basic_user_file /etc/shadow; }",
        "server { listen 443 ssl; server_name a.example.org; root /etc; }",
        "server { listen 443 ssl; server_name a.example.org; ssl_conf_command Certificate /etc/shadow; }",
        "server { listen 443 ssl; server_name a.example.org; ssl_password_file /etc/shadow; }",
        "server { listen 443 ssl; server_name a.example.org; location / { proxy_pass http://10.0.0.1; } }",
        "server { listen 443 ssl; server_name a.example.org; location / { fastcgi_pass unix:/run/php.sock; } }",
        "resolver 10.0.0.1;",
        "mirror http://10.0.0.1;",
    ],
)
def test_no_file_or_address_of_the_configuration_is_left(tmp_path: Path, line: str) -> None:
    made = written(tmp_path, f"user root; http {{ {line} }}")
    for named in ("/etc", "/var", "/srv", "/run", "10.0.0.1", "user"):
        assert named not in made


@pytest.mark.parametrize(
    "server",
    [
        "listen 853 ssl; ssl_certificate /etc/a.pem; proxy_pass 10.0.0.1:53; access_log /var/log/a;",
        "listen 443; ssl_preread on; proxy_pass $behind; proxy_bind 10.0.0.1;",
        "listen 443; proxy_pass 127.0.0.1:8443; proxy_ssl_certificate /etc/a.pem;",
        "listen 443; ssl_preread on; proxy_pass $ssl_preread_server_name:443;",
    ],
)
def test_a_stream_connects_to_nothing_but_loopback(tmp_path: Path, server: str) -> None:
    http = "http { server { listen 127.0.0.1:8443 ssl; } }"
    table = (
        "map $ssl_preread_server_name $behind { a.example.org 10.0.0.1:443; b.example.org $x; default 127.0.0.1:8443; }"
    )
    made = written(tmp_path, f"{http} stream {{ resolver 10.0.0.1; {table} server {{ {server} }} }}")
    for named in ("/etc", "/var", "10.0.0.1", "$x", "$behind", "$ssl_preread_server_name:"):
        assert named not in made


def test_each_public_socket_has_one_of_loopback(tmp_path: Path) -> None:
    made = written(
        tmp_path,
        "http { server { listen 443 ssl default_server reuseport; listen [::]:443 ssl; listen unix:/run/x; "
        "server_name a.example.org; return 301 https://$host:$server_port/; } }",
    )
    assert made.count("listen 127.0.64.") == 3  # the application's among them
    assert " ssl default_server;" in made
    assert "reuseport" not in made
    assert "unix:" not in made
    assert "https://$host:$tlsaudit_port/" in made


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1), min_size=1, max_size=4))
def test_a_word_that_is_written_is_read_as_itself(words: list[str]) -> None:
    """However hostile, it stays one word of its directive: by crossplane's lexer, which is not ours."""
    import io

    from crossplane.lexer import _lex_file_object

    line = f"name {' '.join(map(_quoted, words))};\n"
    tokens = [token for token, _, _ in _lex_file_object(io.StringIO(line, newline=""))]
    assert len(tokens) == len(words) + 2
    assert (tokens[0], tokens[-1]) == ("name", ";")
