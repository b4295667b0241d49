"""The roster of the demo: affected accounts as the provider would export them, the same on every machine."""

import random
from datetime import date, timedelta
from zlib import crc32

FIRST = (
    "alessandro", "alessia", "alice", "andrea", "angela", "antonio", "arianna", "beatrice", "carla", "carlo",
    "chiara", "claudia", "cristina", "daniele", "davide", "debora", "diego", "elena", "elisa", "emanuele", "enrico",
    "erica", "fabio", "federica", "federico", "francesca", "francesco", "gabriele", "giacomo", "giada", "giorgia",
    "giorgio", "giovanni", "giulia", "giuseppe", "ilaria", "irene", "laura", "leonardo", "lorenzo", "luca", "lucia",
    "luigi", "manuela", "marta", "martina", "massimo", "matteo", "michela", "michele", "mirko", "monica", "nicola",
    "nicoletta", "noemi", "paola", "paolo", "pietro", "riccardo", "roberta", "roberto", "sabrina", "salvatore",
    "sandra", "serena", "silvia", "simona", "simone", "sofia", "stefania", "stefano", "teresa", "tommaso",
    "valentina", "valeria", "vincenzo", "vittorio",
)  # fmt: skip
LAST = (
    "amato", "barbieri", "bellini", "benedetti", "bernardi", "bianchi", "bianco", "caruso", "cattaneo", "colombo",
    "coppola", "costa", "dangelo", "deluca", "desantis", "esposito", "fabbri", "farina", "ferrara", "ferrari",
    "ferri", "fiore", "fontana", "gallo", "gatti", "gentile", "giordano", "grasso", "greco", "grassi", "guerra",
    "leone", "lombardi", "lombardo", "longo", "mancini", "marchetti", "mariani", "marini", "marino", "martinelli",
    "martini", "mazza", "messina", "monti", "morelli", "moretti", "neri", "orlando", "palmieri", "palumbo",
    "parisi", "pellegrini", "piras", "ricci", "rinaldi", "riva", "rizzi", "rizzo", "romano", "rossetti", "rossi",
    "ruggiero", "russo", "sala", "sanna", "santini", "santoro", "sartori", "serra", "silvestri", "sorrentino",
    "testa", "valentini", "vitale", "vitali", "villa",
)  # fmt: skip
DOMAINS = {"free": "virgilio.example", "paid": "libero.example"}
HEADER = "login;service;fee;paid_from;paid_to;contact;second_contact;language;intervals;deferred;bounced"
ANNA = "anna@libero.example;paid;19.99;2022-06-01;2023-06-01;anna@example.org;;it;;3;14"
BRUNO = "bruno@virgilio.example;free;;;;bruno@example.org;;it;;;"
FEES = ("9.99", "19.99", "19.99", "24.90")
OWN = (
    "2023-01-23T05:00Z/2023-01-25T11:30Z",
    "2023-01-22T23:00Z/2023-01-24T18:00Z|2023-01-25T07:00Z/2023-01-26T17:00Z",
    "2023-01-23T05:00Z/2023-01-23T06:10Z",
)


def accounts(count):
    """`count` lines of CSV with a header; anna's and bruno's accounts come first."""
    rnd = random.Random(20230123)  # noqa: S311 invented people
    yield HEADER
    yield ANNA
    yield BRUNO
    taken = set()
    while len(taken) < count - 2:
        name = account_name(rnd)
        if name not in taken:
            taken.add(name)
            yield account(rnd, name)


def account_name(rnd):
    first, last = rnd.choice(FIRST), rnd.choice(LAST)
    tail = rnd.choice(("", "", str(rnd.randint(1, 99)), str(rnd.randint(1955, 2004))))
    return rnd.choice(
        (f"{first}.{last}{tail}", f"{first}{last}{tail}", f"{first[0]}.{last}{tail}", f"{last}.{first}{tail}")
    )


def owner_of(login):
    """The name of whoever has an account of ours, as account_name() and account() hid it in the login."""
    for last in sorted(LAST, key=len, reverse=True):
        if last in login:
            rest = login.replace(last, "", 1)
            first = next((first for first in FIRST if first in rest), None)
            first = first or next((first for first in FIRST if first[0] == login[0]), FIRST[0])
            return f"{first.capitalize()} {last.capitalize()}"
    return "Anna Rossi"


def account(rnd, name):
    kind = rnd.choices(("free", "paid", "business"), (80, 17, 3))[0]
    contact = f"{name}@example.org" if rnd.random() < 0.4 else ""
    language = "en" if rnd.random() < 0.03 else "it"
    intervals = rnd.choice(OWN) if rnd.random() < 0.08 else ""
    if kind == "business":
        login, fee, period = f"info@{name.replace('.', '-')}.affari.example", "120.00", paid_period(rnd)
    else:
        login = f"{name}@{DOMAINS[kind]}"
        fee, period = (rnd.choice(FEES), paid_period(rnd)) if kind == "paid" else ("", ";")
    return f"{login};{kind};{fee};{period};{contact};;{language};{intervals};{mails(login)}"


def mails(login):
    """How many came late and how many never came; of one account in four nobody knows."""
    number = crc32(login.encode())
    return f"{number // 4 % 40};{number // 160 % 15}" if number % 4 else ";"


def paid_period(rnd):
    """A year that had not ended when the outage began."""
    first = date(2022, 1, 24) + timedelta(days=rnd.randrange(366))
    return f"{first};{first.replace(year=first.year + 1)}"
