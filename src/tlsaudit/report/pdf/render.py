"""The page laid out on paper. Nothing is fetched, and what a document brings along runs nowhere."""

import io
import logging
import os
from typing import BinaryIO
from xml.etree import ElementTree as ET

import pydyf
from weasyprint import CSS, HTML, Document
from weasyprint.urls import URLFetcher

from tlsaudit.report import html
from tlsaudit.report.pdf.drawings import prepare
from tlsaudit.report.renderer import Options, ReportError
from tlsaudit.report.view import AuditView

PAPERS = ("a4", "letter")

_LONG = 24
"""Letters of a word that fit in each column."""

_SHEET = "@page { size: %s } body { overflow-wrap: break-word }"


def paper() -> str:
    """The size of the pages. Raises ReportError for one that there is none of."""
    wanted = os.environ.get("PAPERSIZE", "a4")
    if wanted.lower() not in PAPERS:
        raise ReportError(f"PAPERSIZE is {wanted!r}: a report fits on {' or '.join(PAPERS)}")
    return wanted


def render(view: AuditView, out: BinaryIO, options: Options) -> None:
    """Write the page that a fleet of any size has first; what HTML has beside it is left to HTML."""
    # What a style sheet for browsers has that WeasyPrint does not know is said to those who write it, by their tests.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    page = io.StringIO()
    html.render(view, page, Options(verbose=options.verbose))
    source = HTML(string=page.getvalue(), url_fetcher=URLFetcher(allowed_protocols={"data"}))
    prepare(source.etree_element)
    _flatten(source.etree_element)
    _let_break(source.etree_element)
    sheet = CSS(string=_SHEET % paper())
    source.write_pdf(out, stylesheets=[sheet], pdf_variant="pdf/ua-1", finisher=_finish)


def _flatten(root: ET.Element) -> None:
    """HTML lets a `div` hold a term and its description; a list in a PDF has items and nothing else."""
    for listed in root.iter("dl"):
        listed[:] = [item for child in listed for item in (child if child.tag == "div" else [child])]


def _let_break(root: ET.Element) -> None:
    """To find the narrowest column of what may break anywhere takes long: only cells that need it may."""
    for cell in (*root.iter("td"), *root.iter("th")):
        if any(len(word) > _LONG for word in "".join(cell.itertext()).split()):
            cell.set("style", "overflow-wrap: anywhere; white-space: normal")


def _finish(document: Document, pdf: pydyf.PDF) -> None:  # noqa: ARG001 as WeasyPrint calls it
    """Say what WeasyPrint leaves out: whether a header is of its row or its column, and that links are printed."""
    elements = {item.reference: item for item in pdf.objects if isinstance(item, pydyf.Dictionary)}
    for item in elements.values():
        if item.get("Subtype") == "/Link":
            item["F"] = 4  # ISO 32000-1, table 165: Print
        elif item.get("S") == "/TH":
            part = elements[elements[item["P"]]["P"]]
            item["A"]["Scope"] = "/Column" if part["S"] == "/THead" else "/Row"
