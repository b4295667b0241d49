"""The case page lays dated facts on the outage, and names claims like the one that is reviewed."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims.actions import intake, stories
from claims.models import StoryPrint
from claims.reports.alike import alike_for, matches_of
from claims.reports.checking import checklist_of
from claims.reports.fit_picture import picture_of
from claims.reports.outage_fit import fit_of
from evidence import comparing
from evidence.models import Content, Document, Fingerprint, Mail, Page
from tests import make

START, END = datetime(2023, 1, 22, 23, tzinfo=UTC), datetime(2023, 1, 26, 17, tzinfo=UTC)
STORY = (
    "La bolletta della luce arriva solo per posta elettronica. Scadeva lunedì 23 gennaio, non l'ho potuta vedere e ho"
    " pagato la mora. Ho chiamato tre volte l'assistenza senza ottenere una data per il ripristino."
)


def paper(claim, name, *, kind="invoice", dates=(), text="", **mail):
    """A clean document of a claim that was read as saying this."""
    content = f"{claim.reference} {name}".encode()
    made = make.attachment(claim, kind=kind, name=name, content=content, media_type="text/plain")
    digest = made.document.sha256
    facts = {"dates": [{"what": what, "at": at, "zone": zone, "text": at} for what, at, zone in dates]}
    Content.objects.filter(pk=digest).update(state="read", facts=facts, read_at=timezone.now())
    if text:
        Page.objects.create(content_id=digest, number=1, text=text)
    if mail:
        Mail.objects.create(content_id=digest, **mail)
    return made


def to(address):
    return [{"name": "", "address": address}]


@pytest.fixture
def claim(anna, incident, rita):
    return make.taken(anna, incident, rita, is_checked=False)


@pytest.fixture
def unfit(claim):
    """Four documents, each with one thing that does not fit."""
    paper(claim, "before.png", kind="screenshot", dates=[("photo_taken", "2023-01-20T10:00:00", None)])
    paper(claim, "after.png", kind="screenshot", dates=[("photo_taken", "2023-01-27T10:00:00", None)])
    late = (claim.submitted_at + timedelta(days=2)).isoformat()
    paper(claim, "edited.pdf", dates=[("pdf_created", "2023-01-24T09:00:00+00:00", 60), ("pdf_modified", late, 60)])
    paper(claim, "other.eml", kind="mail", sender=to("x@y.example"), to=to("Carla@libero.example"))
    return claim


def test_every_flag_stands_with_its_sentence_and_its_document(staff, at, words, rita, unfit):
    page = staff(rita).get(at("case", unfit) + "?tab=evidence")
    said = words(page)
    assert "Outside the outage. What this document shows: 2 days before the outage of this account" in said
    assert "After the service was restored. What this document shows: 16 hours after" in said
    assert "Changed afterwards. PDF changed: 2 days after the claim was filed" in said
    assert "names neither the account nor the claimant, but carla@libero.example, x@y.example." in said
    assert "no zone: Europe/Rome assumed" in said
    for name in ("before.png", "after.png", "edited.pdf", "other.eml"):
        document = Document.objects.get(name=name)
        assert f'href="{at("case-document", unfit, document.pk)}"' in page.content.decode()


def test_what_fits_has_no_flag(claim):
    paper(claim, "s.png", kind="screenshot", dates=[("photo_taken", "2023-01-24T10:00:00", None)])
    paper(claim, "m.eml", kind="mail", sender=to("x@y.example"), to=to("anna@LIBERO.example"))
    assert fit_of(claim).flags == ()


def test_an_own_outage_is_what_counts(anna, incident, rita):
    make.customer(incident, "own@libero.example", intervals=[(START, START + timedelta(hours=3))])
    claim = make.taken(anna, incident, rita, login="own@libero.example", is_checked=False)
    (flag,) = fit_of(claim).flags
    assert (flag.code, flag.head) == ("after_restoration", "extra_expense")


def test_the_flags_feed_the_checklist(unfit):
    rows = {row.code: row for row in checklist_of(unfit).rows}
    assert rows["outage"].finds == rows["fraud"].finds == "fail"
    assert [flag["code"] for flag in rows["outage"].evidence["unfit"]] == ["no_overlap", "after_restoration"]
    assert set(rows["fraud"].evidence["signals"]) == {"edited_after", "other_account"}
    assert len(rows["outage"].files) == len(rows["fraud"].files) == 2
    assert any("16 hours after the service was restored" in sentence for sentence in rows["outage"].said)


def test_the_picture_is_sound_and_says_all_that_the_table_says(staff, at, rita, unfit):
    page = staff(rita).get(at("case", unfit)).content.decode()
    (svg,) = re.findall(r'<svg class="s-fitpicture".*?</svg>', page, re.S)
    root = ElementTree.fromstring(svg)
    assert root.find("title").text
    assert root.find("desc").text.startswith("6 facts")
    assert root.get("aria-labelledby") == "fit-name fit-said"
    assert "style=" not in svg
    assert "<script" not in svg
    marks = [group.find("title").text for group in root.iter("g")]
    assert len(marks) == 6
    assert sum("s-fitflagged" in group.get("class") for group in root.iter("g")) == 3
    assert any("20 Jan 2023 10:00; no zone: Europe/Rome assumed; before.png" in mark for mark in marks)
    for group in root.iter("g"):
        x, y = map(int, re.findall(r"-?\d+", group.get("transform")))
        assert 0 <= x <= 720
        assert 0 <= y <= int(root.get("height"))
    table = page.partition("Dated facts")[2].partition("</table>")[0]
    assert table.count("<tr>") == 7


def test_days_are_those_of_rome_also_when_the_clock_changes(claim, incident):
    type(incident).objects.update(
        started_at=datetime(2023, 3, 25, 23, tzinfo=UTC), ended_at=datetime(2023, 3, 26, 22, tzinfo=UTC)
    )
    claim.incident.refresh_from_db()
    picture = picture_of(fit_of(claim))
    labels = [label for _x, label in picture.days]
    assert "26 Mar" in labels
    (bar,) = picture.bars
    starts = {label: x for x, label in picture.days}
    assert (bar[0], bar[0] + bar[1]) == (starts["26 Mar"], starts["27 Mar"])


def test_hostile_names_are_shown_as_text(staff, at, rita, claim):
    name = "<script>alert(1)</script>.png"
    paper(claim, name, kind="screenshot", dates=[("photo_taken", "2023-01-20T10:00:00", None)])
    assert name not in staff(rita).get(at("case", claim)).content.decode()


# --- claims like this one ---
@pytest.fixture
def claim_told(anna, incident, rita):
    """A claim in review with a story and a text."""
    claim = make.taken(anna, incident, rita, is_checked=False, narrative=STORY)
    paper(claim, "mine.txt", text=STORY + " Ecco la ricevuta.")
    return claim


def like(person, incident):
    """A claim of this person with nearly the same story and text, and no file that is the same."""
    other = make.draft(person, incident, login="bruno@virgilio.example", narrative=STORY.replace("luce", "gas"))
    paper(other, "theirs.txt", text=STORY + " Ecco una ricevuta.")
    other = intake.submit_claim(other.reference, by=person, declaration=True)
    crank()
    return other


@pytest.fixture
def twin(bruno, incident, claim_told):
    return like(bruno, incident)


def crank():
    StoryPrint.objects.all().delete()
    while comparing.print_batch() or stories.print_batch():
        pass


def test_a_like_claim_is_named_with_why_and_how_near(staff, at, words, rita, claim_told, twin):
    page = staff(rita).get(at("case", claim_told) + "?tab=evidence")
    said = words(page)
    assert "Claims like this one" in said
    assert twin.reference in said
    assert "Nearly the same story" in said
    assert re.search(r"A text that is nearly the same, \d\d %: mine.txt", said) or "nearly the same: mine.txt" in said
    assert "theirs.txt" not in said
    signals = {row.code: row for row in checklist_of(claim_told).rows}["fraud"]
    assert set(signals.evidence["signals"]) == {"near_document", "near_story"}
    assert signals.claims == [twin.reference]


def test_a_claim_of_the_reader_is_counted_and_not_named(staff, at, words, incident, claim_told, rita):
    rosa = make.person("rosa", "claimant", "reviewer")
    other = like(rosa, incident)
    assert [each.claim.pk for each in alike_for(claim_told, rita).claims] == [other.pk]
    alike = alike_for(claim_told, rosa)
    assert (alike.claims, alike.hidden) == ([], 1)
    said = words(staff(rosa).get(at("case", claim_told)))
    assert "and 1 more that you may not see" in said
    assert other.reference not in said


def test_another_claim_of_the_same_person_is_no_sign_of_fraud(anna, incident, claim_told):
    like(anna, incident)
    signals = {row.code: row for row in checklist_of(claim_told).rows}["fraud"].evidence["signals"]
    assert signals == []
    (found,) = alike_for(claim_told, claim_told.assigned_to).claims
    assert found.same_person


def test_what_was_withdrawn_is_not_told(bruno, claim_told, twin):
    assert matches_of(claim_told)
    intake.withdraw(twin.reference, by=bruno, reason="Settled.")
    assert matches_of(claim_told) == []


def test_a_draft_is_not_told(bruno, incident, claim_told):
    other = make.draft(bruno, incident, login="bruno@virgilio.example", narrative=STORY)
    paper(other, "theirs.txt", text=STORY + " Ecco una ricevuta.")
    crank()
    assert matches_of(claim_told) == []


def test_a_document_that_was_withdrawn_is_not_told(claim_told, twin):
    later = {"state": "refused", "reason": "malware"}
    Document.objects.filter(attachment__claim=twin).update(**later)
    assert {match.why for match in matches_of(claim_told)} == {"narrative"}


def test_the_same_iban_account_file_and_telephone_are_told(anna, bruno, incident, rita):
    type(anna).objects.filter(pk__in=[anna.pk, bruno.pk]).update(phone="+39 06 5550 0100")
    same = {"login": "anna@libero.example", "iban": "IT60X0542811101000000123456", "holder": "Anna"}
    claim, other = make.submitted(anna, incident, **same), make.submitted(bruno, incident, **same)
    claim.claimant.refresh_from_db()
    found = {match.why for match in matches_of(claim) if match.claim == other.pk}
    assert found == {"iban", "account", "contact", "same_file"}


def test_claimants_see_nothing_of_it(page, anna, claim_told, twin):
    seen = page(anna).get(f"/claims/{claim_told.reference}/").content.decode()
    assert twin.reference not in seen
    assert "s-fit" not in seen


def test_stories_are_read_once(claim_told, twin):
    assert stories.print_batch() == 0
    before = StoryPrint.objects.count()
    StoryPrint.objects.filter(claim=twin).delete()
    assert stories.print_batch() == 1
    assert StoryPrint.objects.count() == before


def test_thirty_documents_and_like_claims_cost_no_more_queries(staff, at, rita, incident, claim_told, twin):
    browser, counts = staff(rita), []
    browser.get(at("queue"))
    for more in (3, 30):
        for number in range(more):
            person = make.person(f"other{more}{number}", "claimant")
            other = make.submitted(person, incident, login="bruno@virgilio.example", narrative=STORY)
            text = f"{STORY} Documento {number} di {more}."
            paper(claim_told, f"{more}-{number}.txt", text=text, dates=[("pdf_created", "2023-01-20T10:00:00", None)])
            paper(other, f"{more}-{number}.txt", text=text)
        crank()
        with CaptureQueriesContext(connection) as queries:
            browser.get(at("case", claim_told) + "?tab=evidence")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Fingerprint.objects.filter(kind="text").exists()
