"""What the case page shows of the questions to the claimant: rounds, answers, the form to ask."""

from dataclasses import dataclass, field

from django.utils.translation import override

from claims.models import Notice
from claims.reports.questions import notices_of, rounds_of
from claims.rules import asking, permissions

UNDELIVERED = (Notice.State.HELD, Notice.State.FAILED, Notice.State.BOUNCED)


@dataclass
class AskForm:
    """The form as it was typed: `chosen` are codes of common questions, `own` further things, a line each."""

    chosen: tuple = ()
    own: str = ""
    text: str = ""
    days: str = ""
    errors: dict = field(default_factory=dict)

    @classmethod
    def read(cls, post):
        return cls(tuple(post.getlist("common")), post.get("own", ""), post.get("text", ""), post.get("days", ""))

    def things(self, claim, heads):
        """The things asked for, common ones in the language of the claimant."""
        with override(claim.claimant.language):
            common = [str(text) for code, text in asking.common(heads) if code in self.chosen]
        return common + [line for line in self.own.splitlines() if line.strip()]

    def number_of_days(self):
        days = self.days.strip()
        if not days:
            return None
        return int(days) if days.isascii() and days.isdecimal() and len(days) < 4 else 0

    def show(self, refused):
        """Puts a refusal beside its field; what names none of ours stands above the form."""
        for name, _code, message in refused.errors or ((None, refused.code, refused.message),):
            shown = "own" if name and name.startswith("items") else name if name in ("text", "days") else "all"
            self.errors.setdefault(shown, message)


def questions_of(claim, person, items, form=None):
    """Everything the panel needs, in as many queries for three rounds as for thirty."""
    told = notices_of(claim)
    rounds = rounds_of(claim)
    for each in rounds:
        each.undelivered = told.get(each.pk) in UNDELIVERED
    may = bool(permissions.may_ask(person, claim))
    heads = {item.head for item in items}
    form = form or AskForm()
    return {
        "rounds": rounds,
        "may_ask": may and claim.status == "in_review",
        "may_cancel": may and claim.status == "information_requested",
        "form": form,
        "common": [(code, text, code in form.chosen) for code, text in asking.common(heads)],
        "usual_days": claim.terms.rules.information_days,
        "most_days": asking.MOST_DAYS,
    }
