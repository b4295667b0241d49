"""The letter of a decision about six losses, by typst as the worker makes it, against WeasyPrint for the same page.

Both make tagged PDF/UA-1 from the same content with the same typefaces, read once; each letter is another one.
"""

import time
from decimal import Decimal
from html import escape

import weasyprint
from weasyprint.text.fonts import FontConfiguration

from claims.actions import decisions
from claims.letters import page
from claims.models import Letter
from tests import make
from tests.bench.results import below
from tests.letters.reading import words_of

OURS, THEIRS = 60, 15
FACE = "@font-face {{ font-family: 'Source Sans 3'; font-weight: {weight}; src: url('{url}') }}"
STYLE = """
    @page { size: A4; margin: 22mm 24mm 24mm; @bottom-left { content: string(ref); font-size: 8.5pt }
            @bottom-right { content: counter(page) ' / ' counter(pages); font-size: 8.5pt } }
    body { font: 10.5pt 'Source Sans 3'; color: #17324d } h1 { font-size: 19pt } h2 { font-size: 13pt }
    .ref { string-set: ref content(); text-align: right } .box { background: #f3f6f5; padding: 12pt }
    table { width: 100%; border-collapse: collapse } td, th { padding: 6pt 5pt; vertical-align: top; text-align: left }
    tr + tr, tbody tr { border-top: .5pt solid #cfd6dc } .n { text-align: right }
    .q { font-size: 9.5pt; color: #51606e }
    svg { width: 28mm; height: 28mm }
"""


def html_of(content):
    say = {key: escape(value) for key, value in content.items() if isinstance(value, str)}
    words = {key: escape(value) for key, value in content["words"].items()}
    items = "".join(
        f"<tr><td><b>{escape(item['head'])}</b><p class=q>{escape(item['description'])}</p>"
        + "".join(f"<p class=q>{escape(reason)}</p>" for reason in item["reasons"])
        + f"</td><td class=n>{item['claimed']}</td><td class=n>{item['awarded']}</td>"
        f"<td class=n>{item['reduced']}<br>{escape(item['share'])}</td></tr>"
        for item in content["items"]
    )
    sums = "".join(
        f"<tr><td>{escape(step['label'])}<br>{escape(step['note'])}</td><td class=n>{step['amount']}</td></tr>"
        for step in content["sums"]
    )
    paragraphs = {
        name: "".join(f"<p>{escape(part)}</p>" for part in content[name].split("\n\n"))
        for name in ("opening", "closing", "appeal", "note")
    }
    return f"""<!doctype html><html lang="{say["language"]}"><head><title>{say["title"]}</title></head><body>
    <p class=ref>{say["reference"]}</p><p>{say["sender"]} {say["incident"]} {say["date"]}</p><hr>
    <p>{say["person"]}<br>{say["login"]}</p><h1>{say["title"]}</h1>
    <div class=box><b>{say["outcome"]}</b><br>{words["you_get"]} <b>{say["net"]}</b></div>{paragraphs["opening"]}
    <h2>{words["losses"]}</h2><table><thead><tr><th>{words["loss"]}</th><th class=n>{words["claimed"]}</th>
    <th class=n>{words["awarded"]}</th><th class=n>{words["reduced"]}</th></tr></thead><tbody>{items}</tbody></table>
    <h2>{words["arithmetic"]}</h2><table><thead>
    <tr><th>{words["step"]}</th><th class=n>{words["amount"]}</th></tr></thead>
    <tbody>{sums}<tr><td>{words["you_get"]}</td><td class=n>{say["net"]}</td></tr></tbody></table>
    <h2>{words["why"]}</h2>{paragraphs["note"]}<h2>{words["appeal"]}</h2>{paragraphs["appeal"]}{paragraphs["closing"]}
    <hr>{page.qr_of(content["verify"])}<p>{words["genuine"]}<br>{say["code"]}<br>{words["check"]}
    <a href="{say["verify"]}">{say["verify_shown"]}</a></p></body></html>"""


def by_weasyprint():
    """make(content) -> bytes, with style sheet and typefaces read once."""
    fonts = FontConfiguration()
    files = {400: "SourceSans3-Regular.ttf", 600: "SourceSans3-Semibold.ttf"}
    faces = "".join(FACE.format(weight=weight, url=(page.FONTS / name).as_uri()) for weight, name in files.items())
    style = weasyprint.CSS(string=faces + STYLE, font_config=fonts)

    def make_pdf(content):
        source = weasyprint.HTML(string=html_of(content))
        return source.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")

    return make_pdf


def times(make_pdf, content, count):
    took = []
    for number in range(count + 2):
        other = {**content, "person": f"Anna {number}", "net": f"{number},00 €"}
        started = time.perf_counter()
        data = make_pdf(other)
        took.append(time.perf_counter() - started)
        if number == 0:
            check(words_of(data), other)
    return took[2:]  # the first ones read the typefaces


def check(words, content):
    """Both say the same."""
    expected = [content["title"], content["reference"], content["verify_shown"]]
    expected += [reason for item in content["items"] for reason in item["reasons"]]
    assert all(each in words for each in expected), words


def a_letter():
    anna, rita = make.person("anna", "claimant"), make.person("rita", "reviewer")
    incident = make.incident()
    make.customer(incident)
    heads = ("missed_opportunity", "late_payment", "extra_expense", "lost_earnings", "data_loss", "non_material")
    told = "The offer of a client reached me three days late, so that somebody else was given the work."
    items = [make.item("80.00", head=head, description=told) for head in heads]
    claim = make.taken(anna, incident, rita, items=items)
    found = [
        {"id": item.pk, "awarded": Decimal("60"), "share": Decimal("10"), "reasons": ["own_contribution", "avoidable"]}
        for item in claim.items.all()
    ]
    decisions.decide(
        claim.reference, by=rita, outcome="partly_approved", items=found, note="We followed your invoices. " * 12
    )
    return Letter.objects.get().content


def measure():
    content = a_letter()
    ours = times(page.pdf, content, OURS)
    theirs = times(by_weasyprint(), content, THEIRS)
    below("A letter as PDF/UA-1", ours=ours, base=theirs, target=0.15, base_name="WeasyPrint")
