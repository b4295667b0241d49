"""What is sent with each route: good enough that rights decide about the answer, not what was typed."""

from datetime import timedelta
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from claims.actions import clock
from claims.rules.terms import Terms
from claims.rules.terms_text import texts_of
from tests import make
from tests.access import awards
from tests.sepa import bank

LOSS = {"head": "extra_expense", "description": "A new mailbox", "amount": "90,00", "day": "2023-01-24"}
API_LOSS = {
    "head": "extra_expense",
    "description": "A mailbox",
    "amount": "90.00",
    "occurred_at": "2023-01-24T09:30:00Z",
}
CALLER = {"email": "caller@example.org", "name": "Caller", "identity_check": "date of birth"}
REASON = dict.fromkeys(("staff_it", "staff_en", "claimant_it", "claimant_en"), "In other words.")
NEW_PASSWORD = "a long sentence to remember"
CLAIM, CASE, API = "/claims/<str:reference>/", "/admin/cases/<str:reference>/", "/api/v1/claims/<str:reference>/"
BATCH = "/api/v1/batches/<int:batch>/"
GIFTS = {"incident": "run-approved", "kind": awards.KIND}
CODES = {"incident": "run-approved", "expires_on": "2099-12-31"}


def pdf(world):
    return SimpleUploadedFile("another.pdf", make.PDF + b"%%%d" % next(world.keys), "application/pdf")


def roster_file(content):
    return SimpleUploadedFile("roster.csv", content, "text/csv")


def verdict(world, claim, who):
    """The form of a decision in full."""
    form = {"version": claim.version, "note": "The invoice proves it.", "outcome": ""}
    for item in claim.items.all():
        form |= {f"awarded-{item.pk}": str(item.amount).replace(".", ","), f"reasons-{item.pk}": ["accepted_in_full"]}
    return form


def api_verdict(world, claim, who):
    items = [
        {"id": item.pk, "awarded": str(item.amount), "share": "0.00", "reasons": ["accepted_in_full"]}
        for item in claim.items.all()
    ]
    return {"outcome": "approved", "items": items, "note": "The invoice proves it."}


def hold(world, claim, who):
    return {"until": (clock.today() + timedelta(days=10)).isoformat(), "reason": "expert"}


def away(world, claim, who):
    return {"since": clock.today().isoformat(), "until": (clock.today() + timedelta(days=3)).isoformat()}


def cleared(world, claim, who):
    """One case of the reviewer who has them goes to the other one."""
    reference, to = world.claims["owner", "in_review"].reference, world.people["reviewer"].pk
    return {"go": "do", "note": "Away", "move": f"{reference}>{to}"}


def row(world, claim, who):
    return {f"kind-{claim.attachments.get().document_id}": "receipt"}


def new_claim(world, claim, who):
    return {"incident": "open-1", "login": "new@elsewhere.example", "items": [API_LOSS]}


def to_reviewer(world, claim, who):
    return {"to": world.people["reviewer"].pk}


def api_to_reviewer(world, claim, who):
    """Reviewers name themselves: so they take a claim."""
    receiver = who if who in ("assigned", "reviewer") else "reviewer"
    return {"to": world.people[receiver].email}


def own(*names):
    """The person's own address and password under these names."""

    def values(world, claim, who):
        person = world.people[who] or world.people["owner"]
        return dict(zip(names, (person.email, make.PASSWORD), strict=False))

    return values


def shared_account(world, claim, who):
    return {"account": world.claims["owner", "submitted"].iban_index, "reason": "A family"}


def bank_file():
    """A statement that speaks of a payment nobody knows."""
    order = bank.Order("M", "B", "SOMEBODY-1", Decimal("1.00"), "Somebody", bank.IBAN, "")
    content = bank.statement([order], iban="IT74T0300203280000000000001", today=timezone.localdate())
    return SimpleUploadedFile("statement.xml", content, "application/xml")


def with_version(**values):
    return lambda world, claim, who: {"version": claim.version, **values}


# {route: body of its POST, or function(world, claim, who)}; a route that is not here gets an empty one.
POSTS = {
    # pages of claimants
    "/incidents/<slug:code>/claim/": {"login": "new@elsewhere.example", **CALLER},
    CLAIM + "account/": with_version(login="new@elsewhere.example"),
    CLAIM + "story/": with_version(narrative="Told anew", login_explanation="Mine"),
    CLAIM + "losses/add/": with_version(**LOSS, clock="10:30"),
    CLAIM + "losses/<int:item>/": with_version(**LOSS, clock="10:30"),
    CLAIM + "appeal/": {"grounds": "You overlooked the second invoice"},
    CLAIM + "bank-details/": {"iban": "IT60X0542811101000000123456", "holder": "Owner"},
    "/payments/<int:account>/": {"iban": "IT60X0542811101000000123456", "holder": "Owner"},
    CASE + "submit/": {"reason": "The post was late", "declaration": "on"},
    CASE + "reopen/": {"reason": "An error of ours"},
    CLAIM + "documents/": lambda world, claim, who: {"file": pdf(world), "go": "on"},
    CLAIM + "documents/<uuid:document>/row/": row,
    CLAIM + "answer/": {"text": "That is all"},
    CLAIM + "answer/<int:item>/": {"text": "It is lost", "go": "on"},
    CLAIM + "messages/": {"text": "When will you decide?"},
    CLAIM + "bank/": with_version(iban="IT60X0542811101000000123456", holder="Somebody"),
    CLAIM + "check/": with_version(declaration="on"),
    CLAIM + "withdraw/": with_version(reason="Paid by others"),
    # public pages and accounts
    "/language/": {"language": "it"},
    "/incidents/<slug:code>/affected/": {"login": "anna@libero.example"},
    "/verify/": {"code": "ABCD-EFGH-JKLM-NPQR"},
    "/problems/new/": lambda world, claim, who: {"text": "No mail arrives", "opened": world.opened},
    "/accounts/login/": own("login", "password"),
    "/accounts/login/code/": own("email"),
    "/accounts/signup/": {"email": "new@example.org", "name": "New", "password1": NEW_PASSWORD},
    "/accounts/password/reset/": own("email"),
    "/accounts/reauthenticate/": {"password": make.PASSWORD},
    "/accounts/profile/": {"name": "New", "language": "en"},
    "/accounts/email/": {"email": "new@example.org", "action_add": ""},
    "/accounts/password/change/": {
        "oldpassword": make.PASSWORD,
        "password1": NEW_PASSWORD,
        "password2": NEW_PASSWORD,
    },
    # the staff's pages
    CASE + "release/": {"reason": "I know the claimant"},
    CASE + "assign/": to_reviewer,
    CASE + "assess/": verdict,
    CASE + "decide/": verdict,
    CASE + "draft/": verdict,
    CASE + "check/": with_version(code="harm", result="pass"),
    CASE + "recall/": with_version(),
    CASE + "countersign/": with_version(),
    CASE + "return/": {"note": "Look again"},
    CASE + "hold/": hold,
    CASE + "messages/": {"message": "On Friday."},
    CASE + "notes/": {"internal_note": "Look at the invoice"},
    CASE + "ask/": {"own": "The contract"},
    "/admin/reasons/<slug:code>/": {**REASON, "version": 1},
    "/admin/new-reason/": {**REASON, "version": 0, "code": "brand_new"},
    "/admin/letters/<slug:kind>/<slug:language>/": {
        "opening": "Dear {name},",
        "closing": "Regards",
        "version": 1,
        "go": "save",
    },
    CASE + "hand-over/": lambda world, claim, who: {**to_reviewer(world, claim, who), "note": "Take it"},
    "/admin/queue/assign/": lambda world, claim, who: {
        **to_reviewer(world, claim, who),
        "claim": world.claims["owner", "submitted"].reference,
    },
    "/admin/desks/<int:person_id>/": cleared,
    "/admin/desks/<int:person_id>/away/": away,
    CASE + "legal-hold/": {"reason": "Inspection"},
    CASE + "legal-hold/lift/": {"reason": "It is over"},
    CASE + "extend/": {"days": "15", "basis": "new_evidence"},
    "/admin/outbox/": {"what": "all", "reason": "Too many mails"},
    "/admin/mass-runs/": {"incident": "run-proposed", "remedy": "indemnity"},
    "/admin/ledger/export/": {"incident": "open-1"},
    "/admin/exports/": {"format": "csv"},
    "/admin/people/<int:person_id>/": {"roles": ["claimant"]},
    "/admin/people/<int:person_id>/switch/": {"active": "no"},
    # the API
    "/api/v1/token/": own("email", "password"),
    "/api/v1/incidents/<slug:code>/eligibility/": {"login": "anna@libero.example"},
    "/api/v1/claims/": new_claim,
    API + "evidence/": lambda world, claim, who: {"file": pdf(world), "kind": "invoice"},
    API + "submit/": {"declaration": True},
    API + "withdraw/": {"reason": "Paid by others"},
    API + "assign/": api_to_reviewer,
    API + "hand-over/": lambda world, claim, who: {"to": world.people["reviewer"].email, "note": "Take it"},
    API + "release/": {"reason": "I know the claimant"},
    API + "decide/": api_verdict,
    API + "return/": {"note": "Look again"},
    API + "hold/": hold,
    API + "request-information/": {"items": ["The contract"]},
    API + "messages/": {"text": "When will you decide?"},
    API + "answer/": {"text": "It is lost"},
    API + "appeal/": {"grounds": "You overlooked the second invoice"},
    API + "bank-details/": {"iban": "IT60X0542811101000000123456", "holder": "Owner"},
    API + "reopen/": {"reason": "An error of ours"},
    API + "legal-hold/": {"reason": "Inspection"},
    API + "legal-hold/lift/": {"reason": "It is over"},
    "/admin/payments/open/": {"incident": "open-1"},
    "/admin/payments/accounts/": shared_account,
    "/admin/incidents/<slug:code>/roster/": lambda world, claim, who: {
        "file": roster_file(b"login,service\nnew@libero.example,paid\n"),
        "go": "check",
    },
    "/admin/incidents/<slug:code>/corrections/": lambda world, claim, who: {
        "file": roster_file(b"action,login,service\nadd,new@libero.example,paid\n")
    },
    "/admin/payments/statements/": lambda world, claim, who: {"file": bank_file()},
    "/admin/batches/<int:number>/<slug:what>/": {"reason": "Not funded"},
    "/admin/awards/open/": GIFTS,
    "/admin/awards/vouchers/": {**CODES, "value": "20", "count": "2"},
    "/admin/awards/<int:award>/again/": {"incident": "run-approved"},
    "/admin/award-files/<int:file>/confirmation/": lambda world, claim, who: {"file": awards.answer(), "go": "read"},
    "/admin/award-files/<int:file>/<slug:what>/": {"reason": "Too early"},
    "/api/v1/award-files/": GIFTS,
    "/api/v1/award-files/<int:file>/cancel/": {"reason": "Too early"},
    "/api/v1/award-files/<int:file>/confirmation/": lambda world, claim, who: {"file": awards.answer()},
    "/api/v1/vouchers/": {**CODES, "value": 20, "count": 2},
    "/api/v1/batches/": {"incident": "open-1"},
    BATCH + "exclude-account/": lambda world, claim, who: {"account": shared_account(world, claim, who)["account"]},
    BATCH + "cancel/": {"reason": "Not funded"},
    BATCH + "statement/": lambda world, claim, who: {"file": bank_file()},
    API + "extend/": {"days": 15, "basis": "new_evidence"},
}
TERMS, TERMS_API = "/admin/incidents/<slug:code>/terms/", "/api/v1/incidents/<slug:code>/terms/"
POSTS |= {
    TERMS + "edit/": {**texts_of(Terms(appeal_days=32)), "revision": 1},
    TERMS + "propose/": {"revision": 1, "reason": "Longer"},
    TERMS + "approve/": lambda world, claim, who: {"draft": world.drafts["open"].pk},
    TERMS + "reject/": lambda world, claim, who: {"draft": world.drafts["open"].pk, "note": "No"},
    TERMS + "withdraw/": lambda world, claim, who: {"draft": world.drafts["open"].pk},
    TERMS_API: {"values": {"appeal_days": 32}},
    TERMS_API + "propose/": {"reason": "Longer"},
    TERMS_API + "approve/": lambda world, claim, who: {"draft": world.drafts["open"].pk},
    TERMS_API + "reject/": lambda world, claim, who: {"draft": world.drafts["open"].pk, "note": "No"},
    TERMS_API + "withdraw/": lambda world, claim, who: {"draft": world.drafts["open"].pk},
}
PATCH = {"narrative": "Told anew"}
PATCHES = {
    CLAIM + "uploads/<uuid:upload>/": b"1234",
    CASE + "uploads/<uuid:upload>/": b"1234",
    API + "uploads/<uuid:upload>/": b"1234",
    API + "checklist/": {"entries": [{"code": "harm", "result": "pass"}]},
}


def body_of(world, route, method, case, who):
    """What is sent, or None."""
    if method == "PATCH":
        return PATCHES.get(route.address, PATCH)
    if method != "POST":
        return None
    body = POSTS.get(route.address, {})
    if not callable(body):
        return body
    if case == "for_other":
        return {**body(world, None, who), "on_behalf_of": CALLER}
    claim = world.claim_of(who, case) or world.claim_of(who, "in_review")  # an unknown claim gets a good body too
    return body(world, claim, who)
