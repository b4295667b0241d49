"""What the database refuses whoever asks, where a mass run is concerned."""
# ruff: noqa: S608 - what is put together here are names written down here

import pgtrigger

from claims.models.guards import REFUSED
from claims.models.guards_of_money import changed, keep, moves, no_truncate, starts_as

AS_BEGUN = ["incident", "terms", "remedy", "proposed_by", "created_at"]
COUNTED = ("people", "total", "roster", "roster_entry", "excluded", "examples", "counted_to", "to_count", "tally")
WALKED = ("cursor", "walked", "granted", "granted_total", "chunks")

# Asked once, when somebody approves: an account of their own, of their addresses, or one that they claim for. By an
# index each, as claims/reports/addresses.py: there may be millions of accounts.
NOT_CONCERNED = f"""
own := ARRAY(
    SELECT lower(address) FROM accounts_user u CROSS JOIN unnest(ARRAY[u.email, u.second_email]) AS a (address)
    WHERE u.id = NEW.approved_by_id AND address <> ''
);
IF EXISTS (
    SELECT FROM claims_customer c WHERE c.incident_id = NEW.incident_id AND c.id IN (
        SELECT k.id FROM unnest(own) AS a (address)
        JOIN claims_customer k ON k.incident_id = NEW.incident_id AND k.login = a.address
        UNION
        SELECT k.id FROM claims_customer k WHERE k.contact <> ''
        AND hashtext(lower(k.contact)) IN (SELECT hashtext(address) FROM unnest(own) AS a (address))
        AND lower(k.contact) = ANY(own)
        UNION
        SELECT k.id FROM claims_customer k WHERE k.second_contact LIKE '%@%'
        AND hashtext(lower(k.second_contact)) IN (SELECT hashtext(address) FROM unnest(own) AS a (address))
        AND lower(k.second_contact) = ANY(own)
    )
) OR EXISTS (
    SELECT FROM claims_claim WHERE claimant_id = NEW.approved_by_id AND incident_id = NEW.incident_id
    AND customer_id IS NOT NULL
) THEN
    RAISE EXCEPTION 'nobody approves a mass run that pays them' {REFUSED};
END IF; RETURN NEW;
"""
SUMS_AGREE = f"""
IF NOT EXISTS (
    SELECT FROM claims_payout WHERE run_id = NEW.id
    HAVING count(*) = NEW.granted AND coalesce(sum(amount), 0) = NEW.granted_total
) THEN
    RAISE EXCEPTION 'a mass run is done when its payouts are those it counted' {REFUSED};
END IF; RETURN NEW;
"""
OF_ITS_RUN = f"""
IF EXISTS (
    SELECT FROM (SELECT DISTINCT run_id, incident_id, remedy FROM new_rows WHERE run_id IS NOT NULL) n
    JOIN claims_massrun r ON r.id = n.run_id
    WHERE r.state <> 'approved' OR r.incident_id <> n.incident_id OR r.remedy <> n.remedy
) OR EXISTS (
    SELECT FROM new_rows n JOIN claims_customer c ON c.id = n.customer_id WHERE c.incident_id <> n.incident_id
) THEN
    RAISE EXCEPTION 'a mass run grants its remedy to its roster, once it is approved' {REFUSED};
END IF; RETURN NULL;
"""


def of_its_run():
    """Asked once for all payouts of a statement."""
    return pgtrigger.Trigger(
        name="of_its_run",
        operation=pgtrigger.Insert,
        when=pgtrigger.After,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(new="new_rows"),
        func=OF_ITS_RUN,
    )


def refuse(name, condition):
    return pgtrigger.Protect(name=name, operation=pgtrigger.Update, condition=pgtrigger.Condition(condition))


def of_runs(pairs):
    return [
        moves(pairs),
        starts_as("counting"),
        pgtrigger.ReadOnly(name="as_begun", fields=AS_BEGUN),
        refuse("as_counted", f"OLD.state <> 'counting' AND {changed(*COUNTED)}"),
        refuse("approved_once", f"OLD.approved_by_id IS NOT NULL AND {changed('approved_by_id', 'approved_at')}"),
        refuse("walks_when_approved", f"OLD.state <> 'approved' AND {changed(*WALKED)}"),
        refuse(
            "walks_on",
            "NEW.cursor < OLD.cursor OR NEW.walked < OLD.walked OR NEW.granted < OLD.granted"
            " OR NEW.granted_total < OLD.granted_total OR NEW.chunks < OLD.chunks",
        ),
        pgtrigger.Trigger(
            name="not_concerned",
            operation=pgtrigger.UpdateOf("state"),
            when=pgtrigger.Before,
            condition=pgtrigger.Q(old__state="proposed", new__state="approved"),
            declare=[("own", "text[]")],
            func=NOT_CONCERNED,
        ),
        pgtrigger.Trigger(
            name="sums_agree",
            operation=pgtrigger.UpdateOf("state"),
            when=pgtrigger.Before,
            condition=pgtrigger.Q(new__state="done", old__state__df="done"),
            func=SUMS_AGREE,
        ),
        keep(),
        no_truncate(),
    ]
