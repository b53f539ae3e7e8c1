"""Apache with a configuration of its own."""

import os
import re
from pathlib import Path

from tests.servers.plan import DH_2048, Plan
from tests.servers.programs import require

_MODULES = Path("/usr/lib/apache2/modules")
_LOADED = ("mpm_event", "authz_core", "alias", "headers", "rewrite", "ssl")


def command(plan: Plan) -> list[str]:
    """Write the configuration; return what to run."""
    program = require("apache2", "apache2")
    modules = "\n".join(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _LOADED)
    hosts = "\n".join(_https(plan, number) + _http(plan, number) for number in range(len(plan.hosts)))
    config = plan.write(
        "apache2.conf",
        f"""
{modules}
{"User www-data" if os.geteuid() == 0 else ""}
{"Group www-data" if os.geteuid() == 0 else ""}
ServerRoot {plan.folder}
DefaultRuntimeDir {plan.folder}
PidFile {plan.folder}/apache2.pid
ServerName {plan.hosts[0].names[0]}
Listen {plan.listen(plan.https_port)} https
Listen {plan.listen(plan.http_port)} http
StartServers 1
GracefulShutdownTimeout 1
ErrorLog /dev/stderr
DocumentRoot {plan.folder}/empty
<Directory {plan.folder}>
    Require all granted
    ForceType text/html
</Directory>
SSLSessionCache none
{hosts}
""",
    )
    return [program, "-DFOREGROUND", "-d", str(plan.folder), "-f", str(config)]


def _https(plan: Plan, number: int) -> str:
    offer = plan.shape.value
    certificates = "\n    ".join(
        f"SSLCertificateFile {certificate}\n    SSLCertificateKeyFile {key}"
        for certificate, key in plan.certificates(number)
    )
    return f"""
<VirtualHost {plan.listen(plan.https_port)}>
    {_names(plan, number)}
    SSLEngine on
    {certificates}
    SSLProtocol -all {" ".join(f"+{version}" for version in offer.versions)}
    SSLCipherSuite {offer.ciphers}
    SSLOpenSSLConfCmd DHParameters {DH_2048}
    CustomLog {plan.access_log} "https %{{Host}}i %U%q %>s"
    {plan.hosts[number].https_config}
    {_answers(plan, number)}
</VirtualHost>"""


def _http(plan: Plan, number: int) -> str:
    host = plan.hosts[number]
    return f"""
<VirtualHost {plan.listen(plan.http_port)}>
    {_names(plan, number)}
    CustomLog {plan.access_log} "http %{{Host}}i %U%q %>s"
    {host.http_config}
    {f"Redirect permanent / {host.redirect}/" if host.redirect else ""}
    {_answers(plan, number)}
</VirtualHost>"""


def _names(plan: Plan, number: int) -> str:
    first, *others = plan.hosts[number].names
    return "\n    ".join([f"ServerName {first}", *(f"ServerAlias {name}" for name in others)])


def _answers(plan: Plan, number: int) -> str:
    headers = [f'Header always set {name} "{_quoted(value)}"' for name, value in plan.hosts[number].headers.items()]
    pages = [f'AliasMatch "^{re.escape(path)}$" "{file}"' for path, file in plan.pages(number)]
    return "\n    ".join([*headers, *pages])


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
