"""What the database refuses whoever asks, where money is concerned."""

import pgtrigger

from claims.models.guards import REFUSED, never_changed, no_truncate

__all__ = ["keep", "never_changed", "no_truncate"]


def keep():
    return pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)


def moves(pairs):
    """The state changes along `pairs` only."""
    allowed = ", ".join(f"('{source}', '{target}')" for source, target in sorted(pairs))
    return pgtrigger.Trigger(
        name="moves",
        operation=pgtrigger.UpdateOf("state"),
        when=pgtrigger.Before,
        condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
        func=f"IF (OLD.state, NEW.state) NOT IN ({allowed}) THEN"
        f" RAISE EXCEPTION '% may not become %', OLD.state, NEW.state {REFUSED}; END IF; RETURN NEW;",
    )


def starts_as(state):
    return pgtrigger.Trigger(
        name=f"starts_as_{state}",
        operation=pgtrigger.Insert,
        when=pgtrigger.Before,
        condition=pgtrigger.Q(new__state__df=state),
        func=f"RAISE EXCEPTION 'it starts as {state}' {REFUSED};",
    )


# A reopened claim owes what is still missing, so the amount may be less than the net of its decision.
OF_THE_DECISION = f"""
IF NOT EXISTS (
    SELECT FROM claims_decision d JOIN claims_claim c ON c.id = d.claim_id
    WHERE d.id = NEW.decision_id AND c.id = NEW.claim_id AND d.state = 'effective' AND NEW.amount <= d.net
    AND c.incident_id = NEW.incident_id AND c.remedy = NEW.remedy
) THEN
    RAISE EXCEPTION 'a payout is for a decision in force on its claim, at most its net' {REFUSED};
END IF; RETURN NEW;
"""


def of_the_decision():
    return pgtrigger.Trigger(
        name="of_the_decision",
        operation=pgtrigger.Insert,
        when=pgtrigger.Before,
        condition=pgtrigger.Q(new__decision__isnull=False),
        func=OF_THE_DECISION,
    )


INTO_AN_OPEN_BATCH = f"""
IF EXISTS (
    SELECT FROM new_rows n JOIN claims_batch b ON b.id = n.batch_id JOIN claims_payout p ON p.id = n.payout_id
    WHERE b.state <> 'open' OR n.amount <> p.amount OR b.incident_id <> p.incident_id
) THEN
    RAISE EXCEPTION 'a transfer pays one whole payout, in a batch of its incident that is still open' {REFUSED};
END IF;
IF EXISTS (
    SELECT FROM new_rows n JOIN claims_batch b ON b.id = n.batch_id JOIN claims_payout p ON p.id = n.payout_id
    LEFT JOIN claims_accountdetails d ON d.id = n.account_details_id
    WHERE (p.customer_id IS NOT NULL OR n.account_details_id IS NOT NULL) AND (
        d.customer_id IS DISTINCT FROM p.customer_id OR d.iban_index <> n.iban_index OR d.usable_from > b.opened_at
        OR d.superseded_at <= b.opened_at
    )
) THEN
    RAISE EXCEPTION 'a mass run pays an account where its bank details say, once they are usable' {REFUSED};
END IF; RETURN NULL;
"""  # noqa: S608


def into_an_open_batch():
    """Asked once for all rows of a statement: a batch may have a million."""
    return pgtrigger.Trigger(
        name="into_an_open_batch",
        operation=pgtrigger.Insert,
        when=pgtrigger.After,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(new="new_rows"),
        func=INTO_AN_OPEN_BATCH,
    )


# Addresses and accounts may change later, so this is asked once: when somebody approves.
NOT_CONCERNED = f"""
IF EXISTS (
    SELECT FROM claims_transfer t JOIN claims_payout p ON p.id = t.payout_id
    LEFT JOIN claims_claim c ON c.id = p.claim_id
    WHERE t.batch_id = NEW.id AND t.state <> 'withdrawn' AND (
        NEW.approved_by_id IN (t.details_by_id, c.claimant_id, c.filed_by_id)
        OR t.iban_index IN (SELECT o.iban_index FROM claims_claim o
                            WHERE o.claimant_id = NEW.approved_by_id AND o.iban_index <> ''
                            UNION SELECT d.iban_index FROM claims_accountdetails d
                            WHERE d.given_by_id = NEW.approved_by_id AND d.source = 'person')
    )
) OR EXISTS (
    SELECT FROM accounts_user u, claims_transfer t JOIN claims_payout p ON p.id = t.payout_id
    JOIN claims_customer k ON k.id = p.customer_id
    WHERE u.id = NEW.approved_by_id AND t.batch_id = NEW.id AND t.state <> 'withdrawn'
        AND ARRAY[k.login, lower(k.contact), lower(k.second_contact)]::text[]
            && array_remove(ARRAY[lower(u.email), lower(u.second_email)]::text[], '')
) THEN
    RAISE EXCEPTION 'nobody approves a payment to themselves, or to an account that they named' {REFUSED};
END IF;
IF NOT EXISTS (
    SELECT FROM claims_transfer WHERE batch_id = NEW.id AND state = 'planned'
    HAVING count(*) = NEW.count AND coalesce(sum(amount), 0) = NEW.total
) THEN
    RAISE EXCEPTION 'count and total of a batch are those of its transfers' {REFUSED};
END IF; RETURN NEW;
"""  # noqa: S608
FROZEN = ("count", "total", "execution_date", "approved_by_id", "approved_at", "payer")


def changed(*columns):
    old, new = (", ".join(f'{row}."{column}"' for column in columns) for row in ("OLD", "NEW"))
    return f"({old}) IS DISTINCT FROM ({new})"


def of_batches(pairs):
    return [
        moves(pairs),
        starts_as("open"),
        pgtrigger.ReadOnly(name="as_opened", fields=["number", "incident", "opened_by", "opened_at"]),
        pgtrigger.Trigger(
            name="not_concerned",
            operation=pgtrigger.UpdateOf("state"),
            when=pgtrigger.Before,
            condition=pgtrigger.Q(old__state="open", new__state="approved"),
            func=NOT_CONCERNED,
        ),
        pgtrigger.Protect(
            name="frozen",
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition(f"OLD.state <> 'open' AND {changed(*FROZEN)}"),
        ),
        pgtrigger.Protect(
            name="file_stays",
            operation=pgtrigger.Update,
            condition=pgtrigger.Condition(f"OLD.sha256 <> '' AND {changed('sha256', 'size')}"),
        ),
        keep(),
        no_truncate(),
    ]
