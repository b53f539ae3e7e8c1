"""From a history to mails and webhooks, on real servers: once for each change, to whom it may concern."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.app.notify.past import Past
from tests.app.notify.receivers import Mailbox, Webhook, mailbox, webhook
from tlsaudit.store import Store

TARGETS = """\
version: 1
defaults: {owner: ops@example.org}
services:
  www: {hosts: [www.example.org, shop.example.org], owner: web@example.org}
  login: [login.example.org]
notify:
  page: $PAGER
  mail: $MAIL
"""
WWW = ("www.example.org", "hsts-max-age")  # high
SHOP = ("shop.example.org", "hsts-max-age")
LOGIN = ("login.example.org", "cookies-secure")  # medium


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Mailbox, Webhook]]:
    with mailbox() as box, webhook() as hook:
        yield box, hook


@pytest.fixture
def box(servers: tuple[Mailbox, Webhook]) -> Mailbox:
    servers[0].mails.clear()
    return servers[0]


@pytest.fixture
def hook(servers: tuple[Mailbox, Webhook]) -> Webhook:
    servers[1].messages.clear()
    servers[1].answer = 200
    return servers[1]


@pytest.fixture
def addresses(box: Mailbox, hook: Webhook) -> dict[str, str]:
    return {"MAIL": box.url, "PAGER": hook.url}


@pytest.fixture
def past(tmp_path: Path) -> Past:
    """Three good audits, of which somebody was told."""
    known = Past(tmp_path, TARGETS)
    known.audit({WWW: "ppp", SHOP: "ppp", LOGIN: "ppp"})
    assert known.tell({}) == []
    return known


def test_a_regression_is_told_once_when_two_audits_agree(
    past: Past, addresses: dict[str, str], box: Mailbox, hook: Webhook
) -> None:
    past.audit({WWW: "f", SHOP: "p", LOGIN: "f"})
    assert past.tell(addresses) == []
    past.audit({WWW: "f", SHOP: "p", LOGIN: "f"}, message="max-age is 300")
    sent = past.tell(addresses)
    assert [(each.via, each.page, each.why) for each in sent] == [("PAGER", True, None), ("MAIL", False, None)]
    (page,) = hook.messages
    assert (page["title"], page["type"]) == ("tlsaudit (web@example.org): 1 regression", "failure")
    assert page["message"].startswith(
        "REGRESSED  hsts-max-age (high), since 4 October\n  www.example.org: max-age is 300\n  fix  "
    )
    assert "\n  why  tlsaudit explain hsts-max-age\n" in page["message"]
    assert page["message"].endswith(
        "\n\nOwner: web@example.org\nFrom: audit 5, 2026-10-05 02:10 UTC, lab\nReport: report.html"
    )
    ((to, mail),) = box.mails
    assert (to, mail["Subject"]) == (["web@example.org"], "tlsaudit (ops@example.org): 1 regression")
    assert "cookies-secure (medium), since 4 October" in mail.get_content()
    for letters in ("f", "u", "p", "f", "ff"):
        past.audit({WWW: letters, SHOP: "p" * len(letters), LOGIN: letters})
        assert past.tell(addresses) == []


def test_what_passes_again_is_told_where_it_was_told(
    past: Past, addresses: dict[str, str], box: Mailbox, hook: Webhook
) -> None:
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "ff"})
    past.tell(addresses)
    past.audit({WWW: "p", SHOP: "p", LOGIN: "f"})
    assert past.tell(addresses) == []
    past.audit({WWW: "p", SHOP: "p", LOGIN: "f"})
    (sent,) = past.tell(addresses)
    assert (sent.via, sent.message.title) == ("PAGER", "tlsaudit (web@example.org): 1 recovery")
    assert hook.messages[-1]["type"] == "success"
    assert past.tell(addresses) == []
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "ff"})
    assert [each.message.title for each in past.tell(addresses)] == ["tlsaudit (web@example.org): 1 regression"]


def test_what_left_the_audits_ends_without_a_word(past: Past, addresses: dict[str, str]) -> None:
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "pp"})
    past.tell(addresses)
    past.audit({SHOP: "pp", LOGIN: "pp", ("shop.example.org", "hsts-max-age"): "pp"})
    assert past.tell(addresses) == []
    with Store.open(past.url) as store:
        assert [each.address for each in store.told()] == [""]


def test_a_rule_that_was_changed_is_no_regression(past: Past) -> None:
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "pp"}, options={"minimum": "9999d"})
    assert past.titles() == []


def test_an_audit_of_some_checks_says_nothing_of_the_others(past: Past) -> None:
    past.audit({LOGIN: "pp"})
    assert past.titles() == []
    past.audit({WWW: "f", SHOP: "p"})
    past.audit({LOGIN: "p"})
    past.audit({WWW: "f", SHOP: "p"})
    assert past.titles() == [("PAGER", "tlsaudit (web@example.org): 1 regression")]


def test_many_audits_of_some_checks_hide_no_regression_of_the_others(past: Past) -> None:
    past.audit({LOGIN: "p" * 8})
    past.audit({WWW: "f", SHOP: "p", LOGIN: "p"})
    past.tell({})
    past.audit({LOGIN: "p" * 8})
    past.tell({})
    past.audit({WWW: "f", SHOP: "p", LOGIN: "p"})
    assert past.titles() == [("PAGER", "tlsaudit (web@example.org): 1 regression")]


def test_what_is_waived_is_not_told_until_the_waiver_expires(past: Past, addresses: dict[str, str]) -> None:
    waiver = "waivers: [{check: hsts-max-age, on: [www], reason: the move, expires: 2026-10-05}]\n"
    past.write(TARGETS + waiver)
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "pp"})
    (expires,) = past.tell(addresses)
    assert expires.message.title == "tlsaudit (ops@example.org): 1 waiver expires"
    assert "its last day is today: it excuses 1 failure\n" in expires.message.body
    assert sorted(past.titles(timedelta(days=1))) == [
        ("MAIL", "tlsaudit (ops@example.org): 1 waiver expired"),
        ("PAGER", "tlsaudit (web@example.org): 1 regression"),
    ]


def test_the_first_notice_is_a_mail_that_says_what_stands(
    tmp_path: Path, addresses: dict[str, str], box: Mailbox, hook: Webhook
) -> None:
    past = Past(tmp_path, TARGETS)
    past.audit({WWW: "pff", SHOP: "pff", LOGIN: "fff"})
    (sent,) = past.tell(addresses)
    assert (sent.via, sent.page, sent.message.title) == ("MAIL", False, "tlsaudit (web@example.org): 2 regressions")
    assert sent.message.body.startswith("The first notice from this history: what stands.")
    assert past.tell(addresses) == []
    past.audit({WWW: "pp", SHOP: "ff", LOGIN: "ff"})
    assert [(each.via, each.message.title) for each in past.tell(addresses)] == [
        ("PAGER", "tlsaudit (web@example.org): 1 recovery")
    ]
    assert (len(box.mails), len(hook.messages)) == (1, 1)


def test_owners_have_addresses_of_their_own(tmp_path: Path) -> None:
    past = Past(
        tmp_path,
        TARGETS.replace("mail: $MAIL", "mail: [$MAIL, $CHAT]\n  owners: {web@example.org: {page: $WEB}}")
        + "  page_for: [high, medium]\n",
    )
    past.audit({WWW: "p", SHOP: "p", LOGIN: "p"})
    past.tell({})
    past.audit({WWW: "ff", SHOP: "ff", LOGIN: "ff"})
    assert sorted(past.titles()) == [
        ("PAGER", "tlsaudit (ops@example.org): 1 regression"),
        ("WEB", "tlsaudit (web@example.org): 2 regressions"),
    ]
    past.write(TARGETS.replace("  page: $PAGER\n", "").replace("mail: $MAIL", "mail: [$MAIL, $CHAT]"))
    assert len(past.titles()) == 4


def test_what_was_not_delivered_is_tried_again(
    past: Past, addresses: dict[str, str], hook: Webhook, box: Mailbox
) -> None:
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "ff"})
    hook.answer = 404
    failed, delivered = past.tell(addresses)
    assert (failed.via, failed.why) == ("PAGER", "the answer was HTTP 404")
    assert (delivered.via, delivered.why) == ("MAIL", None)
    hook.answer = 302
    (failed,) = past.tell(addresses)
    assert failed.why == "the answer was HTTP 302, a redirect, which is not followed"
    # it is remembered beyond the few audits that are looked at
    past.audit({WWW: "f" * 12, SHOP: "p" * 12, LOGIN: "f" * 12})
    hook.answer = 200
    (sent,) = past.tell(addresses)
    assert (sent.via, sent.why) == ("PAGER", None)
    assert (len(hook.messages), len(box.mails)) == (1, 1)
    assert past.tell(addresses) == []


def test_who_does_not_answer_is_given_up_and_gets_no_more(past: Past, addresses: dict[str, str], hook: Webhook) -> None:
    past.write(TARGETS + "  page_for: [high, medium]\n")
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "ff"})
    hook.open.clear()
    try:
        (failed,) = past.tell(addresses, deadline_s=3)
    finally:
        hook.open.set()
    assert failed.why == "no answer within 3 s"
    assert len(past.tell(addresses)) == 2


def test_two_at_once_tell_nothing_twice(past: Past, addresses: dict[str, str], hook: Webhook, box: Mailbox) -> None:
    past.audit({WWW: "ff", SHOP: "ff", LOGIN: "ff"})
    threads = [threading.Thread(target=past.tell, args=(addresses,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(hook.messages), len(box.mails)) == (1, 1)


def test_one_who_is_killed_tells_the_rest_later(
    past: Past, addresses: dict[str, str], hook: Webhook, box: Mailbox
) -> None:
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "ff"})
    interrupted = past.teller(addresses).tell(past.now)
    assert next(interrupted).via == "PAGER"
    del interrupted
    assert [sent.via for sent in past.tell(addresses)] == ["MAIL"]
    assert (len(hook.messages), len(box.mails)) == (1, 1)


def test_an_outage_is_told_at_once_and_hides_nothing(
    past: Past, addresses: dict[str, str], hook: Webhook, box: Mailbox
) -> None:
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "pp"})
    past.tell(addresses)
    past.unanswered()
    (outage,) = past.tell(addresses)
    assert (outage.via, outage.message.title) == ("PAGER", "tlsaudit: 1 outage of the audits")
    past.unanswered()
    assert past.tell(addresses) == []
    past.audit({WWW: "f", SHOP: "p", LOGIN: "p"})
    (over,) = past.tell(addresses)
    assert (over.via, over.message.title) == ("PAGER", "tlsaudit: 1 outage over")
    assert past.titles() == []
    assert past.titles(timedelta(hours=50)) == [("PAGER", "tlsaudit: 1 outage of the audits")]


def test_a_goal_is_told_when_its_day_has_passed_and_when_it_is_met(past: Past, addresses: dict[str, str]) -> None:
    goal = "objectives: {hsts: {title: HSTS, checks: [hsts-max-age], scope: [www], milestones: {2026-10-05: 100%}}}\n"
    past.write(TARGETS + goal)
    past.audit({WWW: "f", SHOP: "f", LOGIN: "p"})
    assert past.titles() == [("MAIL", "tlsaudit (ops@example.org): 1 milestone due")]
    past.tell(addresses)
    assert past.titles(timedelta(days=1)) == []
    past.audit({WWW: "ff", SHOP: "ff", LOGIN: "pp"})
    late = past.tell(addresses)
    assert [sent.message.title for sent in late if sent.page] == [
        "tlsaudit (web@example.org): 2 regressions",
        "tlsaudit (ops@example.org): 1 goal overdue",
    ]
    assert past.tell(addresses) == []


HOSTILE = "<!channel> @everyone [x](https://evil.example.org) <b>&lt;i&gt;\r\nBcc: you@evil.example.org\x1b[31m"


def test_what_a_server_says_is_harmless_in_a_mail_and_a_webhook(
    past: Past, addresses: dict[str, str], box: Mailbox, hook: Webhook
) -> None:
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "ff"}, message=HOSTILE)
    past.tell(addresses)
    ((_, mail),) = box.mails
    assert "Bcc" not in mail
    for text in (mail.get_content(), hook.messages[0]["message"]):
        said = next(line for line in text.splitlines() if "everyone" in line)
        assert said.rstrip().endswith(
            ": ‹!channel› ＠everyone [x] (https://evil.example.org) ‹b›＆lt;i＆gt;"  # noqa: RUF001
            "\\x0d\\x0aBcc: you＠evil.example.org\\x1b[31m"  # noqa: RUF001
        )


def test_nothing_is_told_of_addresses(past: Past, addresses: dict[str, str], hook: Webhook) -> None:
    past.audit({WWW: "ff", SHOP: "pp", LOGIN: "pp"})
    hook.answer = 500
    (failed,) = past.tell(addresses)
    teller = past.teller(addresses)
    for text in (str(failed), repr(teller), (past.folder / "history.db").read_bytes().decode("latin-1")):
        assert "s3cret" not in text
        assert "t0ken" not in text
