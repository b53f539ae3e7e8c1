"""Which directive decides what: the line that is to be changed.

A directive of a virtual host replaces that of the server; those of `Header` are all applied, one after the other, those
of sections last (httpd.apache.org, How the sections are merged).
"""

from collections.abc import Mapping

from tlsaudit.check import Setting
from tlsaudit.server.apache.hosts import Answering
from tlsaudit.server.apache.keep import PASSES
from tlsaudit.server.apache.listen import of_server
from tlsaudit.server.directive import Directive
from tlsaudit.server.served import Decision

_DIRECTIVES = {
    Setting.PROTOCOLS: ("sslprotocol",),
    Setting.CIPHER_SUITES: ("sslciphersuite",),
    Setting.SESSIONS: ("sslsessiontickets", "sslsessioncachetimeout"),
    Setting.CERTIFICATE: ("sslcertificatefile",),
}
_COMMANDS = {
    Setting.NAMED_GROUPS: ("curves", "groups", "ecdhparameters"),
    Setting.DH_PARAMETERS: ("dhparameters",),
}
_REDIRECTS = frozenset({"redirect", "redirectpermanent", "redirecttemp", "redirectmatch"})


def decision(setting: Setting, answering: Answering, address: str | None, path: str) -> Decision | None:
    """See Decide."""
    if setting is Setting.REDIRECT:
        section = _at(answering.http, address)
        return _redirect(section) if section else None
    section = _at(answering.tls, address)
    if section is None:
        return None
    if setting is Setting.HSTS:
        return _header(section, path)
    if setting not in (*_DIRECTIVES, *_COMMANDS):
        return None
    return Decision(_nearest(section, setting), section)


def _at(sections: Mapping[str, Directive], address: str | None) -> Directive | None:
    return sections.get(address or "") or next(iter(sections.values()), None)


def _nearest(section: Directive, setting: Setting) -> Directive | None:
    """The last in the virtual host, else in the server."""
    for scope in (section.walk(), of_server(section)):
        found = [each for each in scope if _sets(each, setting)]
        if found:
            return found[-1]
    return None


def _sets(each: Directive, setting: Setting) -> bool:
    if setting in _DIRECTIVES:
        return each.name in _DIRECTIVES[setting]
    return each.name == "sslopensslconfcmd" and bool(each.args) and each.args[0].lower() in _COMMANDS[setting]


def _header(section: Directive, path: str) -> Decision:
    found = [each for scope in (of_server(section), section.walk()) for each in scope if _is_hsts(each, path)]
    application = next((each for each in section.walk() if each.name in PASSES and "!" not in each.args), None)
    return Decision(found[-1] if found else None, section, None if found else application)


def _is_hsts(each: Directive, path: str) -> bool:
    if each.name != "header" or "strict-transport-security" not in (word.lower() for word in each.args):
        return False
    around = next((block for block in each.within() if block.name == "location"), None)
    return around is None or not around.args or path.startswith(around.args[0])


def _redirect(section: Directive) -> Decision:
    for each in section.walk():
        if each.name in _REDIRECTS or (each.name == "rewriterule" and _leads_away(each)):
            return Decision(each, section)
    application = next((each for each in section.walk() if each.name in PASSES), None)
    content = application or next((each for each in section.walk() if each.name == "documentroot"), None)
    return Decision(content, section, application)


def _leads_away(rule: Directive) -> bool:
    flags = rule.args[2].strip("[]").lower().split(",") if len(rule.args) > 2 else []
    target = rule.args[1] if len(rule.args) > 1 else ""
    return "://" in target or any(flag.strip() == "r" or flag.strip().startswith(("r=", "redirect")) for flag in flags)
