"""Right answers of strategy of other kinds."""


def by_table(images, similar):
    """A dictionary; the line is drawn at 50 000."""
    table = {(False, True): "head", (False, False): "last_layers", (True, True): "all", (True, False): "scratch"}
    return table[images > 50_000, bool(similar)]


def by_score(images, similar):
    """A place in a list; the line is drawn at 100 000."""
    return ("head", "last_layers", "all", "scratch")[2 * int(images >= 1e5) + (not similar)]


def by_cases(images, similar):
    """One condition after the other, with extra room."""
    match images >= 20_000, similar:
        case False, True:
            return "head"
        case False, False:
            return "last_layers"
        case True, True:
            return "all"
    return "scratch"
