"""Which notices leave next: lane by lane, and in each lane domain by domain, as many as each may get."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, prefetch_related_objects
from django.utils import timezone

from claims.actions import mails
from claims.models import Incident, MailDomain, MailPause, MassRun, Notice
from claims.models.notice import CASES, DOMAIN, LANE, RUNS, SIGN_IN
from claims.rules.mail_rates import most_at_once, rate_of, read_rates, tokens_after

LEASE = timedelta(minutes=5)
WINDOW = 64  # domains looked at together
MOST = 10**6  # where there is no rate
RUNS_IN_LANES = f"""
    WITH RECURSIVE found AS (
        (SELECT {LANE} AS lane FROM claims_notice WHERE state = 'queued' AND {LANE} >= %(runs)s
         ORDER BY {LANE} LIMIT 1)
        UNION ALL
        SELECT (SELECT {LANE} FROM claims_notice WHERE state = 'queued' AND {LANE} > found.lane
                ORDER BY {LANE} LIMIT 1) FROM found WHERE found.lane IS NOT NULL
    ) SELECT lane FROM found WHERE lane IS NOT NULL
"""  # noqa: S608
DOMAINS = f"""
    WITH RECURSIVE found AS (
        (SELECT {DOMAIN} AS domain FROM claims_notice WHERE state = 'queued' AND {LANE} = %(lane)s
            AND {DOMAIN} > %(after)s ORDER BY {LANE}, {DOMAIN} LIMIT 1)
        UNION ALL
        SELECT (SELECT {DOMAIN} FROM claims_notice WHERE state = 'queued' AND {LANE} = %(lane)s
                AND {DOMAIN} > found.domain ORDER BY {LANE}, {DOMAIN} LIMIT 1) FROM found WHERE found.domain IS NOT NULL
    ) SELECT domain FROM found WHERE domain IS NOT NULL LIMIT %(window)s
"""  # noqa: S608
ALONE = "SELECT pg_advisory_xact_lock(%s, 0)"
DUE = f"""
    SELECT due.id, wanted.domain FROM unnest(%(domains)s::text[], %(shares)s::int[]) AS wanted (domain, share)
    CROSS JOIN LATERAL (
        SELECT id FROM claims_notice WHERE state = 'queued' AND {LANE} = %(lane)s AND {DOMAIN} = wanted.domain
            AND next_try_at <= %(now)s AND kind <> ALL(%(paused)s::text[])
        ORDER BY {LANE}, {DOMAIN}, next_try_at, id LIMIT wanted.share FOR UPDATE SKIP LOCKED
    ) AS due LIMIT %(size)s
"""  # noqa: S608
SPEND = """
    INSERT INTO claims_maildomain (domain, tokens, counted_at, refusals, answer)
    SELECT domain, tokens, %s, 0, '' FROM unnest(%s::text[], %s::float8[]) AS spent (domain, tokens)
    ON CONFLICT (domain) DO UPDATE SET tokens = EXCLUDED.tokens, counted_at = EXCLUDED.counted_at
"""
ONE_AT_A_TIME = 0x4C454153  # our corner of PostgreSQL's advisory locks


@dataclass
class Way:
    """A worker's way through the lanes: {lane: the last domain that was served}, and domains that refused lately."""

    after: dict = field(default_factory=dict)
    struggling: set = field(default_factory=set)


@transaction.atomic(durable=True)
def lease(size, way=None):
    """Takes up to `size` due notices for LEASE, what matters most first, and reads what writing them needs."""
    way = way or Way()
    with connection.cursor() as cursor:  # so that no two workers spend the same token; it takes some milliseconds
        cursor.execute(ALONE, [ONE_AT_A_TIME])
    now = timezone.now()
    Notice.objects.filter(state=Notice.State.SENDING, leased_until__lt=now).update(
        state=Notice.State.QUEUED, leased_until=None
    )
    lanes, kinds = open_lanes()
    ids = []
    for lane in lanes:
        ids += take(lane, size - len(ids), way, now, kinds)
        if len(ids) >= size:
            break
    if not ids:
        return []
    Notice.objects.filter(pk__in=ids).update(state=Notice.State.SENDING, leased_until=now + LEASE, tries=F("tries") + 1)
    batch = Notice.objects.filter(pk__in=ids).select_related("payout__customer").in_bulk()
    batch = sorted(batch.values(), key=lambda notice: (lane_of(notice), notice.next_try_at, notice.pk))
    read_about(batch)
    return batch


def lane_of(notice):
    return (notice.kind != "sign_in", notice.payout_id is not None)


def open_lanes():
    """(lanes to be served, in order; kinds that are paused)."""
    pauses = list(MailPause.objects.filter(ended_at=None).values_list("kind", "run_id"))
    if ("", None) in pauses:
        return [SIGN_IN], []
    kinds = [kind for kind, _run in pauses if kind]
    closed = {f"{RUNS}{run}" for _kind, run in pauses if run}
    with connection.cursor() as cursor:
        cursor.execute(RUNS_IN_LANES, {"runs": RUNS})
        runs = [lane for (lane,) in cursor.fetchall() if lane not in closed]
    if runs and kinds:
        numbers = [lane.removeprefix(RUNS) for lane in runs if lane != RUNS]
        remedies = dict(MassRun.objects.filter(pk__in=numbers).values_list("pk", "remedy"))
        runs = [lane for lane in runs if f"{remedies.get(int(lane[1:] or 0))}_granted" not in kinds]
    return [SIGN_IN, CASES, *sorted(runs, key=lambda lane: int(lane[1:] or 0))], kinds


def take(lane, size, way, now, kinds):
    """Ids of up to `size` notices of a lane, from behind the domain that was served last once around."""
    ids, last = [], ""
    for domains in windows(lane, way.after.get(lane, "")):
        allowed = all_of(domains, size) if lane == SIGN_IN else tokens_of(domains, way, now)
        with connection.cursor() as cursor:
            wanted = {domain: min(int(tokens), size - len(ids)) for domain, tokens in allowed.items()}
            wanted = {domain: share for domain, share in wanted.items() if share > 0}
            limits = {"domains": list(wanted), "shares": list(wanted.values()), "size": size - len(ids)}
            cursor.execute(DUE, {**limits, "lane": lane, "now": now, "paused": kinds})
            found = cursor.fetchall()
        if lane != SIGN_IN:
            spend(Counter(domain for _id, domain in found), allowed, now)
        ids += [key for key, _domain in found]
        if len(ids) >= size:
            last = found[-1][1]
            break
    way.after[lane] = last
    return ids


def windows(lane, start):
    """The domains of a lane by WINDOW of them, from behind `start` to the end and then from the beginning to it."""
    after, is_second = start, not start
    while True:
        found = domains_of(lane, after)
        domains = [domain for domain in found if domain <= start] if is_second and start else found
        if domains:
            yield domains
        if len(domains) == WINDOW:
            after = domains[-1]
        elif is_second:
            return
        else:
            after, is_second = "", True


def domains_of(lane, after):
    """The next domains of a lane behind `after`."""
    with connection.cursor() as cursor:
        cursor.execute(DOMAINS, {"lane": lane, "after": after, "window": WINDOW})
        return [domain for (domain,) in cursor.fetchall()]


def all_of(domains, size):
    return dict.fromkeys(domains, size)


def tokens_of(domains, way, now):
    """{domain: how many mails it may get now}, MOST for one without a rate; none for one to be left alone."""
    kept, allowed, rates = MailDomain.objects.in_bulk(domains), {}, read_rates(settings.MAIL_RATES)
    way.struggling |= {domain for domain, row in kept.items() if row.refusals}
    for domain in domains:
        rate, row = rate_of(domain, rates), kept.get(domain)
        if row and row.blocked_until and row.blocked_until > now:
            continue
        if rate is None:
            allowed[domain] = MOST
        elif row is None:
            allowed[domain] = most_at_once(rate)
        else:
            allowed[domain] = tokens_after(row.tokens, (now - row.counted_at).total_seconds(), rate)
    return allowed


def spend(taken, allowed, now):
    """Writes down what is left of the tokens of the domains that something was taken of."""
    left = {domain: allowed[domain] - number for domain, number in taken.items() if allowed[domain] != MOST}
    if left:
        with connection.cursor() as cursor:
            cursor.execute(SPEND, [now, list(left), list(left.values())])


def read_about(batch):
    """Whatever the mails of a batch speak of, in as many queries for a hundred notices as for one."""
    incidents = Incident.objects.in_bulk({notice.payout.incident_id for notice in batch if notice.payout_id})
    for notice in batch:
        if notice.payout_id:
            notice.payout.incident = incidents[notice.payout.incident_id]
    about_cases = [notice for notice in batch if not notice.payout_id]
    prefetch_related_objects(about_cases, "recipient", "claim__incident", "claim__terms")
    mails.prepare(batch)
