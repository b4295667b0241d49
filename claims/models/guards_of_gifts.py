"""What the database refuses whoever asks, where something is given in kind."""
# ruff: noqa: S608 - what is put together here are names written down here

import pgtrigger

from claims.models.guards import REFUSED
from claims.models.guards_of_money import changed, keep, moves, never_changed, no_truncate, starts_as

__all__ = ["keep", "moves", "never_changed", "no_truncate", "starts_as"]

# A reopened claim is owed what is still missing, so the quantity may be less than what its decision gives.
OF_THE_DECISION = f"""
IF NOT EXISTS (
    SELECT FROM claims_decision d JOIN claims_claim c ON c.id = d.claim_id
    JOIN claims_benefit b ON b.decision_id = d.id AND b.kind = NEW.kind AND NEW.quantity <= b.quantity
    WHERE d.id = NEW.decision_id AND c.id = NEW.claim_id AND d.state = 'effective' AND c.incident_id = NEW.incident_id
) THEN
    RAISE EXCEPTION 'an entitlement is to what a decision in force gives, at most as much' {REFUSED};
END IF; RETURN NEW;
"""
OF_ITS_RUN = f"""
IF EXISTS (
    SELECT FROM (SELECT DISTINCT run_id, incident_id FROM new_rows WHERE run_id IS NOT NULL) n
    JOIN claims_massrun r ON r.id = n.run_id WHERE r.state <> 'approved' OR r.incident_id <> n.incident_id
) OR EXISTS (
    SELECT FROM new_rows n JOIN claims_customer c ON c.id = n.customer_id WHERE c.incident_id <> n.incident_id
) THEN
    RAISE EXCEPTION 'a mass run gives to its roster, once it is approved' {REFUSED};
END IF; RETURN NULL;
"""
INTO_AN_OPEN_FILE = f"""
IF EXISTS (
    SELECT FROM new_rows n JOIN claims_fulfilmentfile f ON f.id = n.file_id
    JOIN claims_entitlement e ON e.id = n.entitlement_id
    WHERE f.state <> 'open' OR (f.incident_id, f.kind) <> (e.incident_id, e.kind)
) THEN
    RAISE EXCEPTION 'a line is in a file of its incident and kind that is still open' {REFUSED};
END IF; RETURN NULL;
"""
# Asked once, when somebody approves.
NOT_CONCERNED = f"""
IF EXISTS (
    SELECT FROM claims_fulfilment f JOIN claims_entitlement e ON e.id = f.entitlement_id
    LEFT JOIN claims_claim c ON c.id = e.claim_id JOIN accounts_user u ON u.id = NEW.approved_by_id
    WHERE f.file_id = NEW.id AND f.state <> 'withdrawn' AND (
        u.id IN (c.claimant_id, c.filed_by_id) OR lower(f.login) IN (lower(u.email), lower(u.second_email)))
) THEN
    RAISE EXCEPTION 'nobody approves what is given to themselves' {REFUSED};
END IF;
IF (SELECT count(*) FROM claims_fulfilment WHERE file_id = NEW.id AND state = 'listed') <> NEW.count THEN
    RAISE EXCEPTION 'the count of a file is that of its lines' {REFUSED};
END IF; RETURN NEW;
"""
# A code is of one line, and comes back into the pool only from one that never left.
OF_ONE_LINE = f"""
IF OLD.fulfilment_id IS NOT NULL AND (NEW.fulfilment_id IS NOT NULL OR NOT EXISTS (
    SELECT FROM claims_fulfilment WHERE id = OLD.fulfilment_id AND state = 'withdrawn'
)) THEN
    RAISE EXCEPTION 'this code was given to somebody' {REFUSED};
END IF;
IF NEW.fulfilment_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM claims_fulfilment f JOIN claims_entitlement e ON e.id = f.entitlement_id
    WHERE f.id = NEW.fulfilment_id AND f.state = 'listed' AND e.kind = 'voucher' AND e.quantity = NEW.value
    AND e.incident_id = NEW.incident_id
) THEN
    RAISE EXCEPTION 'a code is for a line of its incident that gives a voucher of its value' {REFUSED};
END IF; RETURN NEW;
"""


def once_for_all_rows(name, func):
    return pgtrigger.Trigger(
        name=name,
        operation=pgtrigger.Insert,
        when=pgtrigger.After,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(new="new_rows"),
        func=func,
    )


def of_entitlements(pairs):
    return [
        pgtrigger.ReadOnly(
            name="as_granted",
            fields=["incident", "kind", "quantity", "claim", "decision", "customer", "run", "created_at"],
        ),
        moves(pairs),
        starts_as("waiting"),
        pgtrigger.Trigger(
            name="of_the_decision",
            operation=pgtrigger.Insert,
            when=pgtrigger.Before,
            condition=pgtrigger.Q(new__decision__isnull=False),
            func=OF_THE_DECISION,
        ),
        once_for_all_rows("of_its_run", OF_ITS_RUN),
        keep(),
        no_truncate(),
    ]


def of_files(pairs):
    return [
        moves(pairs),
        starts_as("open"),
        pgtrigger.ReadOnly(name="as_opened", fields=["number", "incident", "kind", "opened_by", "opened_at"]),
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
            condition=pgtrigger.Condition(
                f"OLD.state <> 'open' AND {changed('count', 'approved_by_id', 'approved_at', 'sha256', 'size')}"
            ),
        ),
        keep(),
        no_truncate(),
    ]


def of_lines(pairs):
    return [
        pgtrigger.ReadOnly(name="frozen", fields=["entitlement", "file", "name", "login"]),
        moves(pairs),
        starts_as("listed"),
        once_for_all_rows("into_an_open_file", INTO_AN_OPEN_FILE),
        keep(),
        no_truncate(),
    ]


def of_codes():
    return [
        pgtrigger.ReadOnly(
            name="as_made",
            fields=[
                *("incident", "value", "code", "index", "digest", "hint", "expires_on", "generated"),
                *("added_by", "added_at"),
            ],
        ),
        pgtrigger.Trigger(
            name="of_one_line",
            operation=pgtrigger.Update,
            when=pgtrigger.Before,
            condition=pgtrigger.Condition("OLD.fulfilment_id IS DISTINCT FROM NEW.fulfilment_id"),
            func=OF_ONE_LINE,
        ),
        pgtrigger.Trigger(
            name="starts_free",
            operation=pgtrigger.Insert,
            when=pgtrigger.Before,
            condition=pgtrigger.Condition("NEW.fulfilment_id IS NOT NULL"),
            func=f"RAISE EXCEPTION 'a code is added to the pool first' {REFUSED};",
        ),
        keep(),
        no_truncate(),
    ]
