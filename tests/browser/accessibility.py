"""axe-core on a page."""

from __future__ import annotations

from typing import Any

GRAVE = ("serious", "critical")


def findings(page: Any, within: str | None = None, impacts: tuple[str, ...] = GRAVE) -> list[str]:
    """What axe-core finds wrong on the page, or within a selector: one line for each rule with the first elements."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page, context=within).response["violations"]
    return [
        f"{v['impact']}: {v['id']}: {v['help']}: {', '.join(str(node['target'][-1]) for node in v['nodes'][:5])}"
        f" ({len(v['nodes'])} in all)"
        for v in violations
        if v["impact"] in impacts
    ]
