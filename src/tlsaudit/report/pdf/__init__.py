"""The HTML page as a PDF with tags (PDF/UA-1, ISO 14289-1). Takes the extra `pdf`.

Paper is A4, or what the environment's PAPERSIZE says, as for other programs: `a4` or `letter`.
"""

from tlsaudit.report.formats import Format
from tlsaudit.report.renderer import Renderer, ReportError

__all__ = ["FORMAT"]


def _load() -> Renderer:
    try:
        from tlsaudit.report.pdf.render import paper, render
    except ImportError as error:
        raise ReportError("a PDF is made with WeasyPrint: pip install 'tlsaudit[pdf]'") from error
    except OSError as error:  # as cffi says it
        packages = "apt-get install libpangoft2-1.0-0 libharfbuzz-subset0"
        raise ReportError(f"a PDF takes the Pango library, which cannot be loaded: {packages}") from error
    paper()
    return render


FORMAT = Format("pdf", (".pdf",), _load, binary=True)
