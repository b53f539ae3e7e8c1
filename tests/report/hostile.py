"""What an attacker would like a report to say, in every place of a document that is free text."""

from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from tlsaudit.report.document import AuditDocument
from tlsaudit.report.view import AuditView, DocumentView

HARMLESS = "harmless"
ATTACKS = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onmouseover=alert(1) x='\" autofocus onfocus='alert(1)",
    "end of CDATA": "]]><owned/>",
    "comment": "--><img src=https://evil.example/ onerror=alert(1)><!--",
    "entity": "&lt;script&gt; &#x202e; &owned;",
    "doctype": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>&y;',
    "template": "{{7*7}} {% raw %} ${7*7}",
    "markup": "[bold red]owned[/] [/bold]",
    "CSI": "\x1b[2J\x1b[31mowned",
    "OSC 8": "\x1b]8;;https://evil.example\x1b\\owned\x1b]8;;\x1b\\",
    "title": "\x1b]0;owned\x07",
    "C1": "\x9b2Jowned\x9d0;owned\x9c\x85",
    "overwrite": "owned\rnothing\x08\x7f",
    "right to left": "\u202etxt.exe\u2066owned\u2069\u200f",
    "invisible": "ow\u200bned\ufeff\U000e0041\u00ad",
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "full width": "\uff1d1+1",
    "cell": '",=1+1,"\n=1+1',
    "link": "[owned](https://evil.example) ![owned](https://evil.example/x.png) <https://evil.example>",
    "bare link": "https://evil.example/owned www.evil.example owned@evil.example",
    "reference": "[owned]: https://evil.example\n[owned]",
    "Markdown table": "owned | owned |\n|---|---|\n| owned",
    "Markdown HTML": "<details open><summary>owned</summary><img src=https://evil.example/x.png></details>",
    "Markdown block": "# owned\n\n- owned\n\n> owned\n\n```\nowned\n```\n\n---\n",
    "Markdown span": "*owned* __owned__ ~~owned~~ `owned` ``owned`` \\`owned",
    "mention": "@octocat owned #1 GH-1 octocat/hello-world#1 :tada: $x^2$",
    "command": "::set-output name=x::owned",
    "mask": "::add-mask::owned",
    "stop": "::stop-commands::owned",
    "command on a new line": "owned%0A::error::owned\r\n::error::owned\n::error::owned",
    "old command": "##[add-mask]owned ##vso[task.setvariable variable=x]owned ##teamcity[owned]",
    "property": "owned,line=1::owned%2C%3A%25",
    "label": 'owned"} 1\nowned{x="\\',
    "backslash": "owned\\n\\u202e\\x1b[31m\\",
    "nul": "owned\x00owned",
    "surrogate": "owned\ud800",
    "line separator": "owned\u2028owned\u2029\x0b\x0c\x1c\x85owned",
    "path": "../../../../etc/owned%2f..%00.html?#",
    "scheme": "javascript:alert(1)",
    "long": "owned " * 500,
    "one long word": "o" * 2000,
}


DOCUMENTATION = {"summary", "rationale", "remediation"}
"""What a check says of itself is marked up; it comes with code that is run anyway."""


def poisoned(view: AuditView, words: str) -> DocumentView:
    """The document with the words before every text in it that is free, so that what belongs together still does."""
    assert isinstance(view.header, AuditDocument)
    return DocumentView(_poisoned(view.header, words))


def _poisoned(value: Any, words: str) -> Any:
    match value:
        case BaseModel():
            changed = {name: _poisoned(getattr(value, name), words) for name in _free(type(value))}
            return value.model_copy(update=changed)
        case dict():
            encodable = words.replace("\ud800", "")  # pydantic writes no other names
            return {_poisoned(name, encodable): _poisoned(item, words) for name, item in value.items()}
        case list():
            return [_poisoned(item, words) for item in value]
        case str():
            return words + value
        case _:
            return value


@cache
def _free(kind: type[BaseModel]) -> tuple[str, ...]:
    fields = kind.model_fields.items()
    return tuple(name for name, field in fields if name not in DOCUMENTATION and not _is_literal(field.annotation))


def _is_literal(annotation: Any) -> bool:
    return get_origin(annotation) is Literal or any(_is_literal(each) for each in get_args(annotation))
