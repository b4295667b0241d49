"""Internal notes: who writes them, whom they call, and that no claimant ever reads one."""

import pytest

from claims.actions import exports, messages, review
from claims.models import JournalEntry, Mention, Note, Notice
from claims.reports.history import events_of
from claims.reports.thread import mentions_of
from claims.rules.errors import Refused
from claims.rules.talking import MOST_MENTIONED, mentioned
from tests import make

pytestmark = pytest.mark.django_db
CANARY = "canary4711"


def note(claim, by, text="Look at the invoice"):
    return messages.write_note(claim.reference, by=by, text=text)


def refused(act):
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.status, caught.value.code, caught.value.field


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@rita", ["rita"]),
        ("Please, @Rita. And (@remo)!", ["rita", "remo"]),
        ("@rita @RITA @rita", ["rita"]),
        ("@rita.rossi, @o'neil-x+y", ["rita.rossi", "o'neil-x+y"]),
        ("write to rita@example.org", []),
        ("@rita@example.org", ["rita"]),
        ("@@rita @ rita", []),
        ("an @", []),
        ("@ùrsula", ["ùrsula"]),
    ],
)
def test_a_name_after_an_at_sign_is_a_mention(text, names):
    assert mentioned(text) == names


def test_a_note_calls_only_so_many():
    assert len(mentioned(" ".join(f"@p{n}" for n in range(500)))) == MOST_MENTIONED


def test_claimants_managers_and_others_write_no_notes(claim, anna, bruno, olga, mara):
    for person, answer in (
        (anna, (403, "wrong_role", None)),
        (bruno, (404, "not_found", None)),
        (olga, (404, "not_found", None)),
        (mara, (403, "wrong_role", None)),
    ):
        assert refused(lambda person=person: note(claim, person)) == answer


def test_a_reviewer_notes_nothing_in_an_own_claim(incident, rita):
    make.customer(incident, "rita@libero.example")
    draft = make.draft(rita, incident, login="rita@libero.example")
    assert refused(lambda: note(draft, rita)) == (403, "own_claim", None)


def test_a_note_needs_words(claim, rita):
    assert refused(lambda: note(claim, rita, " ")) == (422, "required", "internal_note")


def test_a_mention_is_kept_for_the_colleague_until_the_case_is_opened(claim, rita, remo, sara):
    note(claim, rita, "@remo and @SARA, look at this. @rita too.")
    assert [mention.person for mention in Mention.objects.order_by("pk")] == [remo, sara]
    assert [mention.note.claim for mention in mentions_of(remo)] == [claim]
    assert mentions_of(rita) == []
    assert messages.mark_mentions_seen(claim, by=remo) == 1
    assert messages.mark_mentions_seen(claim, by=remo) == 0
    assert (len(mentions_of(remo)), len(mentions_of(sara))) == (0, 1)


def test_who_may_not_read_the_claim_is_not_called_and_the_writer_is_told(claim, anna, olga, ada, rita, remo):
    remo.is_active = False
    remo.save()
    kept = note(claim, rita, "@anna @olga @ada @remo @nobody @rita")
    assert kept.unknown == ["anna", "olga", "ada", "remo", "nobody"]
    assert not Mention.objects.exists()


def test_the_claimant_is_not_called_even_as_a_colleague(incident, rita, remo):
    make.customer(incident, "remo@libero.example")
    claim = make.taken(remo, incident, rita, login="remo@libero.example")
    assert note(claim, rita, "@remo").unknown == ["remo"]
    assert mentions_of(remo) == []


def test_two_colleagues_of_one_name_are_both_called(claim, rita):
    first = make.person("zoe", "reviewer", email="zoe@one.example")
    second = make.person("zoe", "supervisor", "reviewer", email="zoe@two.example")
    note(claim, rita, "@zoe")
    assert [mention.person for mention in Mention.objects.order_by("pk")] == [first, second]


def test_who_lost_the_role_finds_no_mention(claim, rita, remo):
    note(claim, rita, "@remo")
    remo.groups.clear()
    remo.forget_roles()
    assert mentions_of(remo) == []


def test_the_journal_has_the_note_sealed_and_for_staff_only(claim, rita, sara):
    kept = note(claim, rita, f"@sara {CANARY}")
    entry = JournalEntry.objects.of(claim).last()
    assert (entry.action, entry.facts) == ("note", {"note": kept.pk, "mentions": [sara.pk]})
    assert entry.words() == f"@sara {CANARY}"
    assert [event.note for event in events_of(claim, for_staff=True)][-1] == f"@sara {CANARY}"
    assert "note" not in [event.action for event in events_of(claim, for_staff=False)]


def test_a_note_writes_no_mail(claim, rita, sara):
    before = Notice.objects.count()
    note(claim, rita, "@sara")
    assert Notice.objects.count() == before


def test_no_note_reaches_anything_a_claimant_can_open(claim, client, anna, rita, sara, api):
    """Planted in a note of each state the claim goes through, and looked for in every page, call, mail and file."""
    note(claim, rita, f"{CANARY} @sara")
    messages.write(claim.reference, by=rita, text="A word to you")
    review.release(claim.reference, by=rita, reason="")
    note(claim, sara, f"{CANARY} again")
    client.force_login(anna)
    pages = ["/claims/", f"/claims/{claim.reference}/", f"/claims/{claim.reference}/messages/"]
    calls = [f"/api/v1/claims/{claim.reference}/{end}" for end in ("", "events/", "messages/", "evidence/")]
    bodies = [client.get(path) for path in pages] + [api(anna).get(path) for path in [*calls, "/api/v1/claims/"]]
    assert {answer.status_code for answer in bodies} == {200}
    assert [answer.request["PATH_INFO"] for answer in bodies if CANARY in answer.content.decode()] == []
    assert "A word to you" in bodies[1].content.decode()
    assert not any(CANARY in str(notice.context) for notice in Notice.objects.all())
    export = exports.request_export(by=sara)
    exports.build_batch()
    _export, file = exports.opened(export.pk, by=sara)
    with file:
        assert CANARY.encode() not in file.read()
    assert Note.objects.count() == 2
