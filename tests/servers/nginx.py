"""nginx with a configuration of its own."""

from tests.servers.plan import DH_2048, Plan
from tests.servers.programs import require


def command(plan: Plan) -> list[str]:
    """Write the configuration; return what to run."""
    hosts = "\n".join(_https(plan, number) + _http(plan, number) for number in range(len(plan.hosts)))
    config = plan.write(
        "nginx.conf",
        f"""
daemon off;
user root;
worker_processes 1;
pid {plan.folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 4096; }}
http {{
    log_format test '$scheme $http_host $request_uri $status';
    access_log {plan.access_log} test;
    default_type text/html;
    server_names_hash_bucket_size 128;
    client_body_temp_path {plan.folder}/body;
    proxy_temp_path {plan.folder}/proxy;
    fastcgi_temp_path {plan.folder}/fastcgi;
    uwsgi_temp_path {plan.folder}/uwsgi;
    scgi_temp_path {plan.folder}/scgi;
    root {plan.folder}/empty;
    server {{
        listen unix:{plan.folder}/status.sock;
        access_log off;
        location / {{ stub_status; }}
    }}
{hosts}
}}
""",
    )
    return [require("nginx", "nginx-light"), "-p", str(plan.folder), "-e", "stderr", "-c", str(config)]


def _https(plan: Plan, number: int) -> str:
    offer = plan.shape.value
    certificates = "\n".join(
        f"ssl_certificate {certificate};\nssl_certificate_key {key};" for certificate, key in plan.certificates(number)
    )
    settings = f"""\
    ssl_protocols {" ".join(offer.versions)};
    ssl_ciphers {offer.ciphers};
    ssl_dhparam {DH_2048};
"""
    own = plan.hosts[number].https_config
    kept = [line for line in settings.splitlines() if line.split()[0] not in own]  # it takes no directive twice
    return f"""
server {{
    listen {plan.listen(plan.https_port)} ssl{" default_server " + plan.hosts[0].listen_options if number == 0 else ""};
    server_name {" ".join(plan.hosts[number].names)};
    {certificates}
{chr(10).join(kept)}
    {own}
    {_answers(plan, number)}
}}"""


def _http(plan: Plan, number: int) -> str:
    host = plan.hosts[number]
    return f"""
server {{
    listen {plan.listen(plan.http_port)}{" default_server" if number == 0 else ""};
    server_name {" ".join(host.names)};
    {host.http_config}
    {f"return 301 {host.redirect}$request_uri;" if host.redirect else ""}
    {_answers(plan, number)}
}}"""


def _answers(plan: Plan, number: int) -> str:
    headers = [f'add_header {name} "{_quoted(value)}" always;' for name, value in plan.hosts[number].headers.items()]
    pages = [
        f'location = "{path}" {{ root {file.parent}; try_files /{file.name} =404; }}'
        for path, file in plan.pages(number)
    ]
    return "\n    ".join([*headers, *pages])


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
