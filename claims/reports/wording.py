"""The words of reasons, as they are written now and as they were when a decision was made."""

from dataclasses import dataclass

from claims.models import ReasonText


@dataclass(frozen=True)
class Unwritten:
    """Stands for a reason whose text nobody wrote: its code is all there is to read."""

    code: str
    version: int

    def __str__(self):
        return self.code

    @property
    def for_claimant(self):
        return self.code


def newest():
    """{code: its newest ReasonText}, retired ones too, in the order in which the codes were first written."""
    return {text.code: text for text in ReasonText.objects.order_by("id")}


def offered(texts=None):
    """{code: its newest ReasonText} of what a reviewer may pick; `texts`: what newest() gave, if asked already."""
    return {code: text for code, text in (newest() if texts is None else texts).items() if not text.retired}


def codes_of(decision, awards=None):
    """Every code that a decision gives: for its items, and for the claim as a whole."""
    given = decision.awards.all() if awards is None else awards
    codes = [code for award in given for code in award.reasons]
    return dict.fromkeys([*codes, *decision.assessment.get("reasons", ())])


def reasons_of(decision, awards=None):
    """{code: the text the decision was made with}; `awards`: those of the decision, if they were read already."""
    return written_as({decision.pk: versions_of(decision, awards)})[decision.pk]


def reasons_of_all(decisions):
    """{decision's id: {code: the text it was made with}}, in one query for any number of decisions."""
    return written_as({one.pk: versions_of(one) for one in decisions})


def versions_of(decision, awards=None):
    return {code: decision.reason_versions.get(code, 1) for code in codes_of(decision, awards)}


def written_as(wanted):
    codes = {code for versions in wanted.values() for code in versions}
    rows = ReasonText.objects.filter(code__in=codes) if codes else ()
    texts = {(text.code, text.version): text for text in rows}
    return {
        pk: {code: texts.get((code, version)) or Unwritten(code, version) for code, version in versions.items()}
        for pk, versions in wanted.items()
    }
