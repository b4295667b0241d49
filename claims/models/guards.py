"""What the database refuses whoever asks: triggers that keep what was written and who may write it."""

import pgtrigger

REFUSED = "USING ERRCODE = 'check_violation'"


def no_truncate():
    """Nobody empties the table."""
    return pgtrigger.Trigger(
        name="no_truncate",
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        func=f"RAISE EXCEPTION 'what was written is kept' {REFUSED};",
    )


def never_changed():
    return pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)


# Looked at when the transaction ends: the act and its entry come in any order, but both or none.
JOURNALED = f"""
IF (SELECT e.new FROM claims_journalentry e WHERE e.chain = 'claim:' || NEW.id ORDER BY e.sequence DESC LIMIT 1)
    IS DISTINCT FROM (SELECT status FROM claims_claim WHERE id = NEW.id) THEN
    RAISE EXCEPTION 'claim % moved without a journal entry', NEW.id {REFUSED};
END IF; RETURN NULL;
"""  # noqa: S608
OF_CLAIMS = [
    pgtrigger.Trigger(
        name="journaled",
        operation=pgtrigger.UpdateOf("status"),
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Q(old__status__df=pgtrigger.F("new__status")),
        func=JOURNALED,
    ),
    pgtrigger.Trigger(
        name="rounds_go_on",
        operation=pgtrigger.UpdateOf("round"),
        when=pgtrigger.Before,
        condition=pgtrigger.Q(new__round__lt=pgtrigger.F("old__round")),
        func=f"RAISE EXCEPTION 'a round does not come back' {REFUSED};",
    ),
    pgtrigger.ReadOnly(name="origin", fields=["reference", "incident", "terms", "claimant"]),
    no_truncate(),
]

ONLY_IN_A_DRAFT = f"""
IF EXISTS (SELECT FROM claims_claim WHERE id IN (NEW.claim_id, OLD.claim_id) AND status <> 'draft') THEN
    RAISE EXCEPTION 'what is claimed is settled when it is submitted' {REFUSED};
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;
"""
OF_ITEMS = [
    pgtrigger.Trigger(
        name="only_in_a_draft",
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        when=pgtrigger.Before,
        func=ONLY_IN_A_DRAFT,
    )
]

SIGNED = f"""
IF NEW.signature_reasons <> '{{}}'
    AND NOT EXISTS (SELECT FROM claims_countersignature WHERE decision_id = NEW.id) THEN
    RAISE EXCEPTION 'a second person must sign before it takes effect' {REFUSED};
END IF; RETURN NEW;
"""
OF_DECISIONS = [
    pgtrigger.ReadOnly(
        name="frozen",
        fields=[
            *("claim", "round", "outcome", "decider", "note", "assessment", "reason_versions"),
            *("total", "offsets", "net", "signature_reasons", "made_at"),
        ],
    ),
    pgtrigger.Protect(name="settled", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state__df="proposed")),
    pgtrigger.Trigger(
        name="signed",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.Before,
        condition=pgtrigger.Q(new__state="effective"),
        func=SIGNED,
    ),
    no_truncate(),
]

WITHIN_THE_CLAIM = f"""
IF NOT EXISTS (
    SELECT FROM claims_lossitem i JOIN claims_decision d ON d.claim_id = i.claim_id
    WHERE i.id = NEW.item_id AND d.id = NEW.decision_id AND NEW.awarded <= i.amount
    AND NEW.reduced = round(NEW.awarded * (100 - NEW.share) / 100, 2)
) THEN
    RAISE EXCEPTION 'an award is for a loss of the claim, at most what is claimed, less the own share' {REFUSED};
END IF; RETURN NEW;
"""
OF_AWARDS = [
    pgtrigger.Trigger(
        name="within_the_claim", operation=pgtrigger.Insert, when=pgtrigger.Before, func=WITHIN_THE_CLAIM
    ),
    never_changed(),
    no_truncate(),
]

# A prolongation has its day, but the clock neither starts nor stops by it.
IN_ORDER = f"""
SELECT max("on"), (array_agg(kind ORDER BY id DESC))[1] INTO latest, before FROM claims_clockevent
WHERE claim_id = NEW.claim_id AND round = NEW.round AND kind <> 'extend';
IF (before IS NULL) <> (NEW.kind = 'start') OR NEW.on < latest
    OR (NEW.kind = 'pause' AND before = 'pause') OR (NEW.kind = 'resume' AND before <> 'pause') THEN
    RAISE EXCEPTION '% on % does not fit the ledger', NEW.kind, NEW.on {REFUSED};
END IF; RETURN NEW;
"""  # noqa: S608
OF_CLOCKS = [
    pgtrigger.Trigger(
        name="in_order",
        operation=pgtrigger.Insert,
        when=pgtrigger.Before,
        declare=[("latest", "date"), ("before", "text")],
        func=IN_ORDER,
    ),
    no_truncate(),
]
