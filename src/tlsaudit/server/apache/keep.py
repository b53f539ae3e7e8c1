"""Which of Apache's directives are run, and what becomes of the others.

What is not named here is left out: it decides nothing that is judged, and nothing that is unknown is run.
"""

MODULES = (
    "mpm_event", "authz_core", "alias", "deflate", "dir", "env", "expires", "filter", "headers", "http2", "mime",
    "proxy", "proxy_http", "rewrite", "setenvif", "socache_shmcb", "ssl",
)  # fmt: skip
"""Those that are loaded: none of them runs a program."""

SECTIONS = frozenset({
    "virtualhost", "location", "locationmatch", "directory", "files", "filesmatch", "if", "elseif", "else", "ifmodule",
    "ifdefine", "ifversion",
})  # fmt: skip

KEPT = frozenset({
    "acceptpathinfo", "adddefaultcharset", "addtype", "browsermatch", "browsermatchnocase", "define", "directoryslash",
    "errordocument", "expiresactive", "expiresbytype", "expiresdefault", "forcetype", "header", "keepalive",
    "keepalivetimeout", "limitrequestbody", "limitrequestfields", "limitrequestfieldsize", "limitrequestline",
    "protocols", "protocolshonororder", "proxypreservehost", "proxyrequests", "redirect", "redirectmatch",
    "redirectpermanent", "redirecttemp", "requestheader", "rewritebase", "rewritecond", "rewriteengine",
    "rewriteoptions", "rewriterule", "serveralias", "servername", "serversignature", "servertokens", "setenv",
    "setenvif", "setenvifnocase", "sslciphersuite", "sslcompression", "sslengine", "sslhonorcipherorder",
    "sslinsecurerenegotiation", "ssloptions", "sslprotocol", "sslrequiressl", "sslsessioncachetimeout",
    "sslsessiontickets", "sslstrictsnivhostcheck", "sslverifyclient", "sslverifydepth", "timeout", "traceenable",
    "undefine", "unsetenv", "usecanonicalname",
})  # fmt: skip

PASSES = frozenset({"proxypass", "proxypassmatch", "wsgiscriptalias", "wsgiscriptaliasmatch", "scriptalias",
                    "scriptaliasmatch", "sethandler", "addhandler", "fcgiwrapper", "jkmount"})  # fmt: skip
"""What hands a request to an application, which a stand-in answers for here."""

CONFIGURES = frozenset({"ciphersuites", "cipherstring", "options", "curves", "groups", "ecdhparameters", "minprotocol",
                        "maxprotocol", "signaturealgorithms", "numtickets"})  # fmt: skip
"""The commands of SSLOpenSSLConfCmd (SSL_CONF_cmd(3)) that read no file and load no code."""

_CODE = frozenset({"perl", "extfilterdefine", "loadfile", "sslcryptodevice"})
_CODE_PREFIXES = ("lua", "perl", "modsecurity", "secruleinherit")


def runs_code(name: str, raw: str) -> bool:
    """Whether a directive names a program, or code, to run."""
    lowered = raw.lower()
    if name in _CODE or name.startswith(_CODE_PREFIXES):
        return True
    if name == "rewritemap" and ("prg:" in lowered or "dbd:" in lowered):
        return True
    return name == "sslpassphrasedialog" and ("exec:" in lowered or "|" in raw)
