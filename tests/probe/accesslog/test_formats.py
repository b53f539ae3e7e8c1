"""Which scheme a line tells, in each format."""

import pytest

from tests.probe.accesslog.lines import FIREFOX, GOOGLEBOT, TIME, combined, count, schemes
from tlsaudit.evidence import Scheme
from tlsaudit.probe.accesslog.notation import Column, LogFormatError
from tlsaudit.probe.accesslog.recognise import Wishes
from tlsaudit.probe.accesslog.scheme import Ports

HTTP, HTTPS, UNKNOWN = Scheme.HTTP, Scheme.HTTPS, Scheme.UNKNOWN
PLAIN = combined(FIREFOX)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([combined()], UNKNOWN, id="combined"),
        pytest.param([combined(tail=" https")], HTTPS, id="scheme behind"),
        pytest.param([combined(tail=' "https"')], HTTPS, id="scheme behind, quoted"),
        pytest.param([combined(tail=" http 0.003")], HTTP, id="scheme and more behind"),
        pytest.param([combined(tail=' "-" https "x y" 0.1')], HTTPS, id="scheme among more"),
        pytest.param([combined(head="https ")], HTTPS, id="scheme before"),
        pytest.param([combined(head="www.example.org:443 ")], HTTPS, id="vhost_combined, 443"),
        pytest.param([combined(head="www.example.org:80 ")], HTTP, id="vhost_combined, 80"),
        pytest.param([combined(head="www.example.org:8080 ")], UNKNOWN, id="a port that nobody knows"),
        pytest.param([combined(tail=" on"), combined(FIREFOX, tail=" -")], HTTPS, id="HTTPS=on"),
        pytest.param([combined(tail=" -"), combined(FIREFOX, tail=" on")], HTTP, id="no HTTPS"),
        pytest.param([combined(tail=" TLSv1.3 X"), combined(FIREFOX, tail=" - -")], HTTPS, id="the version of TLS"),
        pytest.param([combined(tail=" -"), combined(tail=" -")], UNKNOWN, id="a column of which nothing is known"),
        pytest.param([combined(request="GET http://www.example.org/ HTTP/1.1")], UNKNOWN, id="an absolute target"),
        pytest.param([combined(request="GET https://www.example.org/ HTTP/1.1")], UNKNOWN, id="an absolute target, s"),
        pytest.param(
            [combined(tail=" http", request="GET https://www.example.org/ HTTP/1.1")], HTTP, id="the server knows"
        ),
        pytest.param([combined(request=r"GET /\x22\" HTTP/1.1", tail=" https")], HTTPS, id="escaped quotation marks"),
        pytest.param([combined(request="", tail=" https")], HTTPS, id="an empty request"),
        pytest.param([combined(address="2001:db8::1", tail=" https\r")], HTTPS, id="IPv6, CRLF"),
    ],
)
def test_what_the_first_lines_tell(lines: list[str], expected: Scheme) -> None:
    tally = count(*lines)
    assert tally.malformed == 0
    assert schemes(tally) == {expected: sum(GOOGLEBOT in line for line in lines)}


QUOTED = f'"{GOOGLEBOT}"'


@pytest.mark.parametrize(
    ("log_format", "line", "expected"),
    [
        ("combined-scheme", combined(tail=" https"), HTTPS),
        ("scheme-combined", combined(head="http "), HTTP),
        ("combined-https", combined(tail=" on"), HTTPS),
        ("combined-https", combined(tail=" -"), HTTP),
        ("vhost-combined", combined(head="a.example:443 "), HTTPS),
        ('[$time_local] $scheme "$http_user_agent"', f"[{TIME}] https {QUOTED}", HTTPS),
        ('$time_iso8601 ${scheme} "$http_user_agent"', f"2026-11-25T12:00:00+00:00 http {QUOTED}", HTTP),
        ('$msec|$https|"$http_user_agent"', f"1795608000.123|on|{QUOTED}", HTTPS),
        ('$msec|$https|"$http_user_agent"', f"1795608000.123||{QUOTED}", HTTP),
        ('$msec $ssl_protocol "$http_user_agent"', f"1795608000.123 - {QUOTED}", HTTP),
        ('$msec $upstream_addr $scheme "$http_user_agent"', f"1795608000.1 127.0.0.1:1, [::1]:2 https {QUOTED}", HTTPS),
        (
            '$msec $http_x_forwarded_for $scheme "$http_user_agent"',
            f"1795608000.1 192.0.2.1, ::1 https {QUOTED}",
            HTTPS,
        ),
        ("$msec\t$server_port\t$http_user_agent", f"1795608000.123\t443\t{GOOGLEBOT}", HTTPS),
        (
            'log_format x escape=json \'{"at":"$time_iso8601",\'\n \'"ua":"$http_user_agent","s":"$scheme"}\';',
            '{"at":"2026-11-25T12:00:00Z","ua":"Googlebot \\"x\\"","s":"https"}',
            HTTPS,
        ),
        (r'LogFormat "%t %{HTTPS}e \"%{User-Agent}i\"" tls', f"[{TIME}] on {QUOTED}", HTTPS),
        (r'%t %{SSL_PROTOCOL}x "%{User-agent}i"', f"[{TIME}] TLSv1.3 {QUOTED}", HTTPS),
        (r'%{%FT%T%z}t %p "%{User-agent}i"', f"2026-11-25T12:00:00+0000 80 {QUOTED}", HTTP),
        (r'%{begin:sec}t %!200{X}i %>s %{local}p "%{User-agent}i"', f"1795608000 - 200 443 {QUOTED}", HTTPS),
        (r'%t %{VCL_Log:scheme}x "%{User-agent}i"', f"[{TIME}] https {QUOTED}", HTTPS),
        (r'%t %{X-Forwarded-Proto}i "%{User-agent}i"', f"[{TIME}] https {QUOTED}", UNKNOWN),
        (r'%t %{X-Forwarded-Proto}i %{HTTPS}e "%{User-agent}i"', f"[{TIME}] https - {QUOTED}", HTTP),
    ],
)
def test_a_format_that_is_named(log_format: str, line: str, expected: Scheme) -> None:
    tally = count(line, wishes=Wishes(log_format))
    assert (tally.read, tally.malformed, schemes(tally)) == (1, 0, {expected: 1})
    assert [key[0].isoformat() for key in tally.counts] == ["2026-11-25"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https", HTTPS),
        ("HTTP", HTTP),
        ("https, https", HTTPS),
        ("https,http", UNKNOWN),
        ("-", UNKNOWN),
        ("ws", UNKNOWN),
    ],
)
def test_a_forwarded_scheme_counts_where_it_is_trusted(value: str, expected: Scheme) -> None:
    log_format = '%t "%{X-Forwarded-Proto}i" %{HTTPS}e "%{User-agent}i"'
    line = f'[{TIME}] "{value}" - {QUOTED}'
    assert schemes(count(line, wishes=Wishes(log_format, forwarded=True))) == {expected: 1}


@pytest.mark.parametrize(
    ("fields", "values", "expected"),
    [
        ("date time c-ip cs-uri-scheme cs(User-Agent)", "2026-11-25 12:00:00 192.0.2.1 https Googlebot/2.1", HTTPS),
        ("date time s-port cs(User-Agent) cs(Referer)", "2026-11-25 12:00:00 443 Googlebot/2.1 -", HTTPS),
        ("time s-port date cs(User-Agent)", "12:00:00.123 80 2026-11-25 Googlebot/2.1+(+http://x)", HTTP),
        ("date time cs(User-Agent)", "2026-11-25 12:00:00 Googlebot/2.1", UNKNOWN),
        ("date\ttime\tcs-protocol\tcs(User-Agent)", "2026-11-25\t12:00:00\thttps\tGooglebot/2.1", HTTPS),
    ],
)
def test_w3c_extended(fields: str, values: str, expected: Scheme) -> None:
    tally = count("#Software: x", "#Version: 1.0", f"#Fields: {fields}", values)
    assert (tally.read, tally.malformed, schemes(tally)) == (1, 0, {expected: 1})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"time_iso8601":"2026-11-25T12:00:00+00:00","scheme":"https","http_user_agent":"Googlebot"}', HTTPS),
        (
            '{"@timestamp":"2026-11-25T12:00:00.123Z","url":{"scheme":"http"},"user_agent":{"original":"Googlebot"}}',
            HTTP,
        ),
        ('{"time":"25/Nov/2026:12:00:00 +0000","server_port":443,"agent":"Googlebot"}', HTTPS),
        ('{"msec":1795608000.123,"https":"","user_agent":"Googlebot"}', HTTP),
        ('{"ts":1795608000123,"ssl_protocol":"TLSv1.3","user_agent":"Googlebot"}', HTTPS),
        ('{"ts":1795608000,"user_agent":"Googlebot"}', UNKNOWN),
        ('{"ts":1795608000,"user_agent":"Googlebot","request":"GET https://x/ HTTP/1.1"}', UNKNOWN),
        ('{"ts":1795608000,"user_agent":"Googlebot","http_x_forwarded_proto":"https"}', UNKNOWN),
    ],
)
def test_json(line: str, expected: Scheme) -> None:
    tally = count(line)
    assert (tally.read, tally.malformed, schemes(tally)) == (1, 0, {expected: 1})
    assert [key[0].isoformat() for key in tally.counts] == ["2026-11-25"]


def test_json_with_names_of_its_own() -> None:
    columns = {Column.TIME_ISO: "when", Column.AGENT: "c.ua", Column.SCHEME: "c.how"}
    line = '{"when":"2026-11-25T12:00:00Z","https":"on","c":{"ua":"Googlebot","how":"http"}}'
    assert schemes(count(line, wishes=Wishes(columns=columns))) == {HTTP: 1}


def test_ports_that_are_named() -> None:
    wishes = Wishes(ports=Ports(frozenset({"8080"}), frozenset({"8443"})))
    assert schemes(count(combined(head="a:8443 "), combined(head="a:8080 "), wishes=wishes)) == {HTTPS: 1, HTTP: 1}


@pytest.mark.parametrize(
    ("log_format", "complaint"),
    [
        ("nonsense", "is neither combined"),
        ("$scheme", "no time"),
        ("$time_local", "no User-Agent"),
        ("$time_local$http_user_agent", "nothing stands between $time_local and $http_user_agent"),
        ("%h %", "is no column of Apache's notation"),
        ("%{%D}t %{User-Agent}i", "is not one that can be read: log %t"),
        ("log_format x;", "neither"),
    ],
)
def test_a_format_that_is_none(log_format: str, complaint: str) -> None:
    with pytest.raises(LogFormatError, match=complaint.replace("$", r"\$")):
        count(combined(), wishes=Wishes(log_format))


@pytest.mark.parametrize(
    ("first", "complaint"),
    [
        ("Nov 25 12:00:00 host sshd[1]: hello", "in no format that is known"),
        ("#Version: 1.0", "no #Fields: line"),
        ("#Fields:", "names no field"),
        ("#Fields: date cs(User-Agent)", "no time"),
        ("{", "no line is an object"),
        ('{"a":1}', "no column is known as the time"),
        ('{"time":"yesterday","ua":"x"}', "neither RFC 3339"),
    ],
)
def test_a_log_that_is_none(first: str, complaint: str) -> None:
    with pytest.raises(LogFormatError, match=complaint):
        count(first)
