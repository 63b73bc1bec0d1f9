"""Text that students and graders wrote, made safe for a page.

Everything that leaves this module is ``Markup``: escaped, or sanitised with an allow-list. Characters that cannot be
seen or that turn the direction of writing are shown by name.
"""

from __future__ import annotations

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

MOST_CODE = 60_000  # characters of one answer that are shown
MOST_TEXT = 20_000

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      |(?P<string>[rbfuRBFU]{0,2}(?:\"\"\"(?:[^\\]|\\.)*?(?:\"\"\"|\Z)|'''(?:[^\\]|\\.)*?(?:'''|\Z)
                 |"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?))
      |(?P<keyword>\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global
                 |if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|None|True|False)\b)
      |(?P<number>\b\d[\w.]*)
      |(?P<other>\w+|\s+|.)""",
    re.VERBOSE | re.DOTALL,
)
_MARKED = Markup('<span class="py-{}">{}</span>')
_TAGS = set("p br strong em s code pre blockquote ul ol li h4 h5 h6 hr table thead tbody tr th td a".split())


def visible(text: object, most: int = MOST_TEXT) -> str:
    """The text with invisible and direction-changing characters named, cut to ``most`` characters."""
    whole = str(text)
    cut = whole if len(whole) <= most else f"{whole[:most]}… ({len(whole) - most} more characters)"
    return _INVISIBLE.sub(_name, cut.replace("\r\n", "\n"))


def plain(text: object, most: int = MOST_TEXT) -> Markup:
    """Text as text."""
    return escape(visible(text, most))


def inline(text: object, most: int = MOST_TEXT) -> Markup:
    """Text in which `` `code` `` is code and nothing else is special."""
    return Markup(re.sub("`([^`\n]+)`", r"<code>\1</code>", str(plain(text, most))))


def code_lines(text: str) -> list[Markup]:
    """Python as lines of HTML with comments, strings, keywords and numbers marked."""
    lines: list[Markup] = []
    line: list[Markup] = []
    for match in _TOKEN.finditer(visible(text.rstrip(), MOST_CODE)):
        kind = match.lastgroup
        for number, part in enumerate(match.group().split("\n")):
            if number:
                lines.append(Markup("").join(line))
                line = []
            if part:
                line.append(escape(part) if kind == "other" else _MARKED.format(kind, part))
    return [*lines, Markup("").join(line)]


def markdown(text: str, below: int = 3) -> Markup:
    """Markdown of a student, grader or lesson. HTML in it is shown as text, pictures become their descriptions.

    below: the level of the page's heading above it.
    """
    parser = _parser()
    tokens = parser.parse(visible(text))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + below)}"
    html = parser.renderer.render(tokens, parser.options, {})
    return Markup(nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, attribute_filter=_whole_address))


def _whole_address(tag: str, attribute: str, value: str) -> str | None:
    """Links go to an address that is written out; one relative to the page would lead to the reader's own files."""
    return value if attribute != "href" or re.match(r"(https?://|mailto:)", value) else None


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    parser.add_render_rule("image", lambda self, tokens, i, *_: escape(f"[picture: {tokens[i].content}]"))
    return parser


def _name(match: re.Match[str]) -> str:
    return f"⟨U+{ord(match.group()):04X}⟩"
