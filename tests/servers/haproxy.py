"""HAProxy with a configuration of its own. It answers by itself: there is no server behind it."""

from tests.servers.plan import DH_2048, Plan
from tests.servers.programs import require


def command(plan: Plan) -> list[str]:
    """Write the configuration; return what to run."""
    offer = plan.shape.value
    program = require("haproxy", "haproxy")
    numbers = range(len(plan.hosts))
    bundles = " ".join(f"crt {bundle}" for number in numbers for bundle in _bundles(plan, number))
    choice = "\n    ".join(
        f"use_backend SCHEME{number} if {{ req.hdr(host),field(1,:) -m str -i {name} }}"
        for number in numbers
        for name in plan.hosts[number].names
    )
    backends = "\n".join(_backend(plan, number, scheme) for number in numbers for scheme in ("https", "http"))
    first, last = map(_version, (offer.versions[0], offer.versions[-1]))
    settings = f"ssl-min-ver {first} ssl-max-ver {last} ciphers {offer.ciphers}"
    if plan.hosts[0].global_config:
        settings = ""
    config = plan.write(
        "haproxy.cfg",
        f"""
global
    ssl-dh-param-file {DH_2048}
    {plan.hosts[0].global_config}
    log stdout format raw daemon
defaults
    mode http
    log global
    option dontlognull
    timeout client 30s
    timeout connect 5s
    timeout server 30s
frontend https
    bind {_listen(plan, plan.https_port)} ssl {bundles} {settings} alpn h2,http/1.1 \
{plan.expand(plan.hosts[0].listen_options)}
    http-request capture req.hdr(host) len 256
    log-format "https %[capture.req.hdr(0)] %HPO%HQ %ST"
    {choice.replace("SCHEME", "https")}
    default_backend https0
frontend http
    bind {_listen(plan, plan.http_port)}
    http-request capture req.hdr(host) len 256
    log-format "http %[capture.req.hdr(0)] %HPO%HQ %ST"
    {choice.replace("SCHEME", "http")}
    default_backend http0
{backends}
""",
    )
    return [program, "-db", "-f", str(config)]


def _bundles(plan: Plan, number: int) -> list[str]:
    bundles = []
    for certificate, key in plan.certificates(number):
        bundle = certificate.with_suffix(".pem")
        bundle.write_bytes(certificate.read_bytes() + key.read_bytes())
        bundles.append(str(bundle))
    return bundles


def _backend(plan: Plan, number: int, scheme: str) -> str:
    host = plan.hosts[number]
    http = scheme == "http"
    lines = [*(host.http_config if http else host.https_config).splitlines()]
    lines += [f'http-after-response set-header {name} "{_quoted(value)}"' for name, value in host.headers.items()]
    if http and host.redirect:
        lines.append(f"http-request redirect prefix {host.redirect} code 301")
    lines += [
        f"http-request return status 200 content-type text/html file {file} if {{ path {path} }}"
        for path, file in plan.pages(number)
    ]
    lines.append("http-request return status 404")
    return "\n    ".join([f"backend {scheme}{number}", *lines])


def _listen(plan: Plan, port: int) -> str:
    return f"{plan.address}:{port}"


def _version(name: str) -> str:
    return "TLSv1.0" if name == "TLSv1" else name


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
