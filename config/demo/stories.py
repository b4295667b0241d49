"""What people tell: a trade, a loss, how it came, and which papers they have. In Italian, as they would write it."""
# ruff: noqa: E501 - a table of sentences

from dataclasses import dataclass
from decimal import Decimal

CLIENTS = (
    "Studio Bellini", "Officine Marchetti", "la cooperativa Il Faro", "Arredi Santoro", "il Comune di Asti", "Rossetti Srl",
    "la casa editrice Lunaria", "Vivai Pellegrini", "Hotel Miramare", "Edil Nord", "l'Associazione Musica Viva", "Trasporti Riva",
)  # fmt: skip
CITIES = (
    "Torino",
    "Bari",
    "Cagliari",
    "Genova",
    "Perugia",
    "Trento",
    "Palermo",
    "Verona",
    "Lecce",
    "Pescara",
    "Udine",
    "Napoli",
)
DAYS = ("lunedì 23 gennaio", "martedì 24 gennaio", "mercoledì 25 gennaio", "giovedì 26 gennaio")
OPENINGS = (
    "Da anni questa casella è il mio unico indirizzo di lavoro.",
    "Uso questo indirizzo da più di dieci anni e tutti i miei contatti lo conoscono.",
    "Scrivo per segnalare il danno che ho avuto nei giorni in cui la posta non funzionava.",
    "Premetto che ho provato più volte ad accedere, dal telefono e dal computer, senza riuscirci.",
    "Non avevo un altro indirizzo e nessuno ha potuto avvertirmi.",
    "Ho chiamato tre volte l'assistenza senza ottenere una data per il ripristino.",
)
ENDINGS = (
    "Allego i documenti e resto a disposizione per chiarimenti.",
    "Chiedo il risarcimento di quanto ho perso, come risulta dagli allegati.",
    "Quando la casella è tornata a funzionare era ormai troppo tardi.",
    "Non chiedo altro che quello che ho dovuto pagare.",
    "Ho conservato tutte le ricevute; gli originali sono a vostra disposizione.",
    "",
)


@dataclass(frozen=True)
class Story:
    """One kind of loss. Amounts are euro; `papers` are (what is drawn, kind of attachment)."""

    trade: str
    head: str
    low: int
    high: int
    item: str
    telling: str
    papers: tuple


STORIES = (
    Story("Grafica", "missed_opportunity", 250, 1100, "Commessa persa con {client}",
          "Sono una grafica. {client} mi aveva chiesto conferma di un preventivo entro {day}: la mail è tornata indietro e il"
          " lavoro è andato a un altro studio di {city}.", (("contract", "contract"), ("bounce", "bounce"))),
    Story("Idraulico", "late_payment", 8, 60, "Mora sulla bolletta scaduta {day}",
          "La bolletta della luce arriva solo per posta elettronica. Scadeva {day}, non l'ho potuta vedere e ho pagato la mora.",
          (("invoice", "invoice"),)),
    Story("Avvocata", "extra_expense", 12, 95, "Raccomandate e deposito a mano a {city}",
          "Ho dovuto spedire per raccomandata, e in parte portare a mano a {city}, gli atti che di solito mando per posta"
          " elettronica.", (("receipt", "receipt"), ("screenshot", "screenshot"))),
    Story("Gestore di un bed & breakfast", "lost_earnings", 120, 780, "Tre notti non prenotate",
          "Le richieste di prenotazione arrivano su questa casella. {day} una famiglia di {city} ha scritto due volte e, senza"
          " risposta, ha prenotato altrove.", (("screenshot", "screenshot"), ("statement", "statement"))),
    Story("Studentessa", "missed_opportunity", 150, 600, "Colloquio a {city} mancato",
          "L'invito al colloquio con {client} è stato spedito {day}, per il giorno dopo. L'ho letto quando il posto era già"
          " stato assegnato.", (("mail", "mail"),)),
    Story("Commercialista", "late_payment", 40, 420, "Sanzione per versamento tardivo di un cliente",
          "Il modello F24 di {client} mi è stato mandato {day}. Non ricevendolo non l'ho potuto trasmettere e il cliente mi ha"
          " addebitato la sanzione.", (("invoice", "invoice"), ("mail", "mail"))),
    Story("Fotografo", "data_loss", 60, 260, "Recupero delle fotografie di un servizio",
          "Le fotografie del servizio per {client} erano allegate a una bozza che non si apre più. Ho pagato un tecnico di {city}"
          " per recuperarle.", (("invoice", "invoice"), ("photo", "receipt"))),
    Story("Negozio in rete", "lost_earnings", 100, 1400, "Ordini non evasi dal 23 al 26 gennaio",
          "Gli ordini del mio negozio arrivano per posta elettronica. In quattro giorni non ne ho potuto evadere nessuno; allego"
          " l'elenco e il confronto con la settimana precedente.", (("statement", "statement"), ("screenshot", "screenshot"))),
    Story("Insegnante", "non_material", 100, 500, "Ansia per le pagelle non consegnate",
          "Erano i giorni degli scrutini. Non potevo mandare i voti e la scuola mi ha richiamata davanti ai colleghi: sono stati"
          " giorni molto difficili.", (("screenshot", "screenshot"),)),
    Story("Pensionato", "extra_expense", 9, 70, "Viaggio a {city} per ritirare gli esami",
          "Gli esiti degli esami dovevano arrivare per posta elettronica. Sono dovuto andare a {city} in treno a ritirarli.",
          (("photo", "receipt"),)),
    Story("Traduttrice", "lost_earnings", 80, 520, "Penale per la consegna in ritardo a {client}",
          "La traduzione per {client} andava consegnata {day}. Era pronta, ma non partiva: mi hanno trattenuto la penale del"
          " contratto.", (("contract", "contract"), ("bounce", "bounce"))),
    Story("Architetto", "missed_opportunity", 700, 2400, "Gara di {city}: documenti non inviati",
          "Per la gara di {city} mancava un solo documento, da inviare entro {day} alle 12. La casella non funzionava e siamo"
          " stati esclusi.", (("contract", "contract"), ("bounce", "bounce"), ("screenshot", "screenshot"))),
    Story("Musicista", "missed_opportunity", 150, 450, "Concerto a {city} saltato",
          "{client} mi aveva proposto una data a {city}, da confermare {day}. Non ho visto il messaggio e hanno chiamato un"
          " altro gruppo.", (("mail", "mail"), ("photo", "other"))),
    Story("Agente immobiliare", "extra_expense", 15, 130, "Telefonate e casella sostitutiva",
          "Ho aperto una casella a pagamento altrove e ho telefonato uno per uno ai clienti di {city} per avvertirli.",
          (("invoice", "invoice"), ("screenshot", "screenshot"))),
)  # fmt: skip
ANNA = STORIES[0]
BRUNO = STORIES[8]
FURTHER = (
    ("service_value", 5, 20, "Quota del canone per i giorni senza servizio"),
    ("legal_costs", 80, 240, "Lettera dell'avvocato"),
    ("extra_expense", 6, 45, "Telefonate e spostamenti"),
)
# How a reviewer answers, by head: reasons for nothing, reasons for a part.
REFUSALS = {
    "missed_opportunity": ("chance_too_remote", "no_causation"),
    "late_payment": ("avoidable", "no_causation"),
    "extra_expense": ("loss_not_proven", "avoidable"),
    "lost_earnings": ("loss_not_proven", "no_causation"),
    "data_loss": ("no_causation", "loss_not_proven"),
    "service_value": ("already_compensated", "already_compensated"),
    "non_material": ("not_serious", "loss_not_proven"),
    "legal_costs": ("avoidable", "outside_terms"),
}
# What a reviewer writes where the data leave a check open, or find it wrong.
FOUND = {
    "standing": "L'intestatario si vede dalla fattura del servizio.",
    "outage": "Il danno è emerso dopo: il messaggio era rimasto in coda.",
    "documents": "I documenti ci sono, anche se non per ogni voce.",
    "duplicates": "Altra pratica, altri danni: confrontate le voci.",
    "terms": "Il massimale si applica nel calcolo.",
    "fraud": "L'importo viene dalla fattura: nulla di strano.",
}
NOT_CAUSED = "Sarebbe successo comunque: i messaggi erano leggibili prima della scadenza."
NOTES = {
    "approved": (
        "I documenti provano il danno e il nesso con il disservizio.",
        "Fattura e ricevuta concordano con quanto raccontato.",
    ),
    "partly_approved": (
        "Il danno è provato solo in parte; l'importo è ridotto come spiegato per ciascuna voce.",
        "Una parte della spesa si poteva evitare con una telefonata.",
        "L'importo è stimato in via equitativa sulla base dei documenti.",
    ),
    "rejected": (
        "I documenti non mostrano che il danno dipenda dal disservizio.",
        "Quanto raccontato è comprensibile, ma non è provato.",
    ),
}


def tell(story, rnd):
    """(narrative, [items]) of one person's loss; the first item is the story's own."""
    words = {"client": rnd.choice(CLIENTS), "city": rnd.choice(CITIES), "day": rnd.choice(DAYS)}
    telling = story.telling.format(**words)
    telling = telling[0].upper() + telling[1:]
    parts = [part for part in (rnd.choice(OPENINGS), telling, rnd.choice(ENDINGS)) if part]
    items = [(story.head, amount(rnd, story.low, story.high), story.item.format(**words))]
    for head, low, high, description in FURTHER:
        if rnd.random() < 0.15:
            items.append((head, amount(rnd, low, high), description))
    return "\n\n".join(parts), items, words


def amount(rnd, low, high):
    """As on a bill: round where it is large, with cents where it is small."""
    euro = rnd.randint(low, high)
    return Decimal(euro // 10 * 10) if euro >= 300 else Decimal(euro) + Decimal(rnd.choice(("0.00", "0.50", "0.90")))


PLEASE = "Ci manca ancora qualcosa per poter decidere. Se non può darcelo, ci dica perché."
QUESTIONS = (
    ("La fattura completa, con tutte le pagine",),
    ("Il messaggio con l’offerta, con data e mittente", "Che cosa mostra fino a quando poteva rispondere"),
    ("La ricevuta del pagamento", "Perché la spesa era necessaria a causa del disservizio"),
)
NOTE_ON_APPEAL = "La seconda fattura non era stata considerata: prova la spesa per intero."
REOPENED = "Un documento era stato attribuito per errore a un’altra pratica."
GROUNDS = (
    "La seconda fattura, che ho allegato, non è stata considerata. L’importo riconosciuto non copre la spesa.",
    "La decisione dice che potevo usare un altro indirizzo: il cliente conosceva soltanto questo.",
    "Il termine è scaduto durante il disservizio e non dopo: lo mostra la data del messaggio allegato.",
)
