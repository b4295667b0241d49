"""The documents of the demo: files that are what they say, drawn and written on the spot."""

import io
import zlib

from PIL import Image, ImageDraw, ImageFont

from claims.rules.money import cents
from config.demo.mails import bounce, mail

INK, GREY, PAPER = (30, 30, 40), (120, 125, 135), (255, 255, 255)


def draw(kind, facts, rnd):
    """(file name, bytes) of a paper of `kind`; `facts` are those of Case.facts()."""
    return MAKERS[kind](facts, rnd)


# --- PDF ---
def invoice(facts, rnd):
    net = cents(facts["amount"] * 100 / 122)
    lines = [
        f"Fattura n. {facts['number']}/2023 del {facts['moment']:%d/%m/%Y}",
        "",
        f"Cliente: {facts['name']}",
        f"Posta elettronica: {facts['login']}",
        "",
        f"Descrizione: {facts['item']}",
        f"Imponibile: EUR {net}",
        f"IVA 22 %: EUR {facts['amount'] - net}",
        f"Totale: EUR {facts['amount']}",
        "",
        "Pagamento con bonifico bancario a vista.",
    ]
    return f"fattura-{facts['number']}.pdf", pdf(f"{facts['client']} - {facts['city']}", lines)


def contract(facts, rnd):
    lines = [
        f"Tra {facts['client']}, committente, e {facts['name']}, {facts['trade'].lower()},",
        f"si conviene quanto segue. {facts['city']}, {rnd.randint(9, 20)} gennaio 2023.",
        "",
        f"1. Oggetto: {facts['item']}.",
        f"2. Compenso: EUR {facts['amount']} oltre IVA.",
        "3. La proposta vale se confermata per posta elettronica entro il termine indicato;",
        "   trascorso il termine il committente è libero di rivolgersi ad altri.",
        f"4. Le comunicazioni sono inviate a {facts['login']}.",
        "",
        "Firma del committente                         Firma per accettazione",
    ]
    return f"{rnd.choice(('preventivo', 'contratto', 'proposta'))}-{facts['number']}.pdf", pdf(
        "Proposta di incarico", lines
    )


def receipt(facts, rnd):
    lines = [
        f"{facts['city']}, {facts['moment']:%d/%m/%Y ore %H:%M}",
        "",
        f"Ricevuta n. {facts['number']}",
        f"{facts['item']}",
        f"Importo pagato: EUR {facts['amount']}",
        f"Pagato con {rnd.choice(('carta', 'contanti', 'bancomat'))}",
    ]
    return f"ricevuta-{facts['number']}.pdf", pdf("Ricevuta di pagamento", lines)


def pdf(title, lines):
    """One A4 page of real text with a title."""
    text = ["BT", "/F2 18 Tf 60 770 Td", f"({escaped(title)}) Tj", "/F1 11 Tf 0 -36 Td 17 TL"]
    text += [f"({escaped(line)}) Tj T*" for line in lines]
    text += ["ET", "0.5 w 60 758 m 535 758 l S"]
    stream = zlib.compress("\n".join(text).encode("cp1252", "replace"))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R/F2 6 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table) + end


def escaped(text):
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


# --- pictures ---
def screenshot(facts, rnd):
    """A mail program that cannot reach its server."""
    picture, pen = sheet((760, 440), PAPER)
    pen.rectangle((0, 0, 760, 44), fill=rnd.choice(((36, 82, 160), (45, 110, 90), (90, 60, 130))))
    pen.text((18, 12), "Posta in arrivo", fill=PAPER, font=font(18))
    pen.text((470, 14), f"{facts['moment']:%d/%m/%Y  %H:%M}", fill=PAPER, font=font(14))
    for row in range(5):
        pen.line((0, 90 + 34 * row, 760, 90 + 34 * row), fill=(230, 232, 236))
        pen.rectangle((18, 66 + 34 * row, 18 + rnd.randint(120, 260), 76 + 34 * row), fill=(222, 225, 230))
    pen.rectangle((130, 250, 630, 390), fill=(255, 244, 240), outline=(190, 60, 40), width=2)
    pen.text((155, 270), "Impossibile connettersi al server", fill=(150, 40, 30), font=font(20))
    pen.text((155, 308), f"Account: {facts['login'][:44]}", fill=INK, font=font(14))
    pen.text((155, 334), f"Errore {rnd.choice((421, 451, 503))}. Riprovare più tardi.", fill=INK, font=font(14))
    return f"schermata-{facts['number']}.png", encoded(picture, "PNG", compress_level=1)


def photo(facts, rnd):
    """A till receipt on a table."""
    picture, pen = sheet((600, 760), (rnd.randint(120, 170), rnd.randint(100, 130), rnd.randint(70, 100)))
    pen.rectangle((120, 60, 480, 700), fill=(250, 249, 244))
    rows = [facts["client"], facts["city"], "", f"{facts['moment']:%d/%m/%Y %H:%M}", "", facts["item"][:36], ""]
    rows += [f"TOTALE EUR {facts['amount']}", "", f"DOC. N. {facts['number']}", "Grazie e arrivederci"]
    for row, text in enumerate(rows):
        pen.text((150, 95 + 46 * row), text, fill=INK, font=font(18))
    return f"IMG_{facts['number']}.jpg", encoded(picture.rotate(rnd.uniform(-4, 4), fillcolor=GREY), "JPEG", quality=80)


def sheet(size, colour):
    picture = Image.new("RGB", size, colour)
    return picture, ImageDraw.Draw(picture)


def font(size):
    return ImageFont.load_default(size)


def encoded(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


# --- tables ---
def statement(facts, rnd):
    """Takings day by day: the week before, and the days without mail."""
    rows = [f"2023-01-{day:02};{rnd.randint(2, 9)};{rnd.randint(40, 190)},00" for day in range(16, 20)]
    rows += [f"2023-01-{day:02};0;0,00" for day in range(23, 27)]
    return f"incassi-{facts['number']}.csv", "\n".join(["giorno;ordini;incasso EUR", *rows, ""]).encode()


MAKERS = {
    "invoice": invoice, "contract": contract, "receipt": receipt, "screenshot": screenshot, "photo": photo,
    "bounce": bounce, "mail": mail, "statement": statement,
}  # fmt: skip
