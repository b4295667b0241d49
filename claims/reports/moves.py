"""The table of moves as a page and as a picture, both made from claims.rules.statuses and nothing else.

The picture has a column for each state and a line for each move, from its sources (rings) to its targets (arrows).
"""

from html import escape

from django.utils import translation

from claims.rules.statuses import BANK, CLOCK, LABELS, MOVES, OWNER, OWNER_OR_OPERATOR, SENDER, Status

LEFT, STEP, TOP, LINE = 210, 58, 190, 30  # pixels: the names, a column, the head, a line
STYLE = """
  .paper { fill: #ffffff } .text { fill: #17222e } .quiet { fill: #55616d } .grid { stroke: #dfe3e8 }
  .claimant { --c: #0b6b57 } .staff { --c: #1f5fa8 } .clock { --c: #9a5b00 } .bank { --c: #6b4fa0 }
  .way, .from { stroke: var(--c); stroke-width: 2.5 } .way { fill: none } .to { fill: var(--c) } .from { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #14191f } .text { fill: #e8ecf0 } .quiet { fill: #a8b3be } .grid { stroke: #2c353f }
    .claimant { --c: #55c7ab } .staff { --c: #7db4f0 }
    .clock { --c: #e0a850 } .bank { --c: #b9a1ea } .from { fill: #14191f }
  }
"""
LEGEND = (("claimant", "the claimant"), ("staff", "the staff"), ("clock", "the clock"), ("bank", "the bank"))
NOTE = "<!-- Made by `manage.py moves` from claims/rules/statuses.py: change it there. -->"


def mover(row):
    """Whose colour a move has."""
    named = {OWNER: "claimant", OWNER_OR_OPERATOR: "claimant", SENDER: "claimant", CLOCK: "clock", BANK: "bank"}
    return named.get(row.who, "claimant" if not row.sources else "staff")


def table():
    """The page docs/moves.md."""
    with translation.override("en"):
        rows = [
            [
                row.name,
                names(row.sources) or "–",
                names(row.targets),
                *(cell(text) for text in (row.who, row.guard, row.follows)),
                f"`{row.notice}`" if row.notice else "",
            ]
            for row in MOVES
        ]
    head = ["Move", "From", "To", "Who", "Only if", "What follows", "Notice"]
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return (
        f"{NOTE}\n\n# The life of a claim\n\nEvery state and every move there is; the database refuses any other by a"
        " trigger made from the same table.\n\n![Every move from its states to its states](pictures/moves.svg)\n\n"
        f"{table}\n"
    )


def names(states):
    return ", ".join(f"`{state}`" for state in states)


def cell(text):
    return str(text).replace("|", "\\|")


def diagram():
    """The picture docs/pictures/moves.svg."""
    with translation.override("en"):
        width, height = LEFT + STEP * len(Status) + 70, TOP + LINE * len(MOVES) + 50
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="title about">',
            '<title id="title">The life of a claim: every move from its states to its states</title>',
            f'<desc id="about">{escape(in_words())}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *(column(place, state) for place, state in enumerate(Status)),
            *(line(place, row) for place, row in enumerate(MOVES)),
            *legend(height),
            "</svg>",
        ]
    return "\n".join(parts) + "\n"


def in_words():
    """The picture for those who cannot see it."""
    return " ".join(
        f"{row.name}: {', '.join(row.sources) or 'nothing'} to {', '.join(row.targets)}, by {row.who}." for row in MOVES
    )


def x_of(state):
    return LEFT + STEP * list(Status).index(state) + STEP // 2


def column(place, state):
    x, bottom = x_of(state), TOP + LINE * len(MOVES)
    return (
        f'<path class="grid" d="M{x} {TOP} V{bottom}"/>'
        f'<text class="text" transform="translate({x + 4} {TOP - 12}) rotate(-50)">{escape(str(LABELS[state]))}</text>'
    )


def line(place, row):
    """One move: its name, and the way from the sources to the targets."""
    y, sources, targets = TOP + LINE * place + LINE // 2, [*map(x_of, row.sources)], [*map(x_of, row.targets)]
    ends = [*sources, *targets]
    middle = sum(sources) / len(sources) if sources else LEFT
    shapes = [f'<path class="way" d="M{min(ends)} {y} H{max(ends)}"/>'] if len(ends) > 1 else []
    shapes += [f'<circle class="from" cx="{x}" cy="{y}" r="5.5"/>' for x in sources]
    shapes += [arrow(x, y, 1 if x > middle else -1) for x in targets]
    name = f'<text class="text" x="{LEFT - 14}" y="{y + 4}" text-anchor="end">{escape(row.name)}</text>'
    return f'<g class="{mover(row)}">{name}{"".join(shapes)}</g>'


def arrow(x, y, way):
    return f'<path class="to" d="M{x + 7 * way} {y} L{x - 7 * way} {y - 7} V{y + 7} Z"/>'


def legend(height):
    for place, (kind, label) in enumerate(LEGEND):
        x = LEFT + 20 + 170 * place
        yield (
            f'<g class="{kind}"><path class="way" d="M{x} {height - 22} h28"/>{arrow(x + 30, height - 22, 1)}'
            f'<text class="quiet" x="{x + 44}" y="{height - 18}">{escape(label)}</text></g>'
        )
