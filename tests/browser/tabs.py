"""Chromium, and what every tab is held to: no other host is asked, and no script fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",  # root has no other way, and containers are often root
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # what routing cannot see does not get out, either
]
OWN = ("127.0.0.1", "localhost", "")


class Guard:
    """What tabs asked of other hosts (and did not get), and the errors of scripts on them."""

    def __init__(self) -> None:
        self.outside: list[str] = []
        self.errors: list[str] = []

    def watch(self, context: Any) -> None:
        context.route("**/*", self._answer)
        context.on("page", self._watch_page)

    def _watch_page(self, page: Any) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("websocket", lambda socket: self._is_own(socket.url) or self.outside.append(socket.url))

    def _answer(self, route: Any) -> None:
        if self._is_own(route.request.url):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    @staticmethod
    def _is_own(url: str) -> bool:
        return (urlsplit(url).hostname or "") in OWN


def overflow(page: Any) -> list[str]:
    """What makes the page wider than its window: elements that stand out and are in no scroller. Empty is good."""
    return page.evaluate(
        """() => {
            const root = document.documentElement
            if (root.scrollWidth <= root.clientWidth) return []
            const inScroller = e => {
                for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
                    if (getComputedStyle(p).overflowX !== 'visible') return true
            }
            return [...document.body.querySelectorAll('*')]
                .filter(e => e.getBoundingClientRect().right > root.clientWidth + 0.5 && !inScroller(e))
                .map(e => `<${e.tagName.toLowerCase()} class="${e.className}"> ${e.textContent.trim().slice(0, 40)}`)
                .concat(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`)
        }"""
    )
