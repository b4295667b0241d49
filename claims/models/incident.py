"""An outage: its services, intervals, terms and the roster of affected accounts."""

from datetime import UTC

import pgtrigger
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from claims.rules.remedies.base import Facts
from claims.rules.terms import Terms as TermValues


class IncidentQuerySet(models.QuerySet):
    def public(self):
        """Those that people may read about: opened at least once."""
        return self.exclude(state=Incident.State.DRAFT)

    def open_for_claims(self, now):
        return self.filter(state=Incident.State.OPEN).filter(Q(closes_at=None) | Q(closes_at__gt=now))


class Incident(models.Model):
    """A mass outage. Times are UTC, the interval is half-open [started_at, ended_at)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open for claims")
        CLOSED = "closed", pgettext_lazy("incident", "Closed")

    code = models.SlugField(_("code"), unique=True)
    title_it = models.CharField(_("title in Italian"), max_length=200)
    title_en = models.CharField(_("title in English"), max_length=200)
    summary_it = models.TextField(_("what happened, in Italian"))
    summary_en = models.TextField(_("what happened, in English"))
    started_at = models.DateTimeField(_("start of the outage"))
    ended_at = models.DateTimeField(_("end of the outage"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    closes_at = models.DateTimeField(_("last moment to file"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(condition=Q(started_at__lt=models.F("ended_at")), name="incident_ends_after_start"),
            models.CheckConstraint(condition=Q(state__in=["draft", "open", "closed"]), name="incident_state"),
        ]

    def __str__(self):
        return self.title

    @property
    def title(self):
        return self.title_en if str(get_language()).startswith("en") else self.title_it

    @property
    def summary(self):
        return self.summary_en if str(get_language()).startswith("en") else self.summary_it

    @property
    def interval(self):
        return (self.started_at, self.ended_at)

    def accepts_claims(self, now):
        return self.state == self.State.OPEN and (self.closes_at is None or now < self.closes_at)

    @cached_property
    def terms(self):
        """The newest version of the terms (a row of IncidentTerms)."""
        return self.terms_versions.order_by("-version").first()


class ServiceQuerySet(models.QuerySet):
    def broken_domains(self, incident_id):
        """Mail domains (small letters) of an incident's services that nobody has declared restored yet."""
        lists = self.filter(incident_id=incident_id, restored_at=None).values_list("domains", flat=True)
        return {domain for domains in lists for domain in domains}


class Service(models.Model):
    """One of the services that failed; `domains` are the mail domains it hosts."""

    class Kind(models.TextChoices):
        FREE = "free", _("Free mailbox")
        PAID = "paid", _("Paid mailbox")
        BUSINESS = "business", _("Business mailbox")

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="services")
    code = models.SlugField(_("code"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    domains = ArrayField(models.CharField(max_length=253), default=list, blank=True, verbose_name=_("mail domains"))
    # Notices to addresses on these domains wait until a manager declares the service restored.
    restored_at = models.DateTimeField(_("declared restored"), null=True, blank=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = [models.UniqueConstraint(fields=["incident", "code"], name="service_code_once")]

    def __str__(self):
        return self.get_kind_display()


class IncidentTermsManager(models.Manager):
    def in_force(self, code):
        """The newest frozen terms of the incident called `code`, with the incident; None if there are none.

        Every filing begins here. Putting this join together took the ORM longer than all the rest of opening a claim.
        """
        names = [field.attname for field in Incident._meta.concrete_fields]
        columns = ", ".join(f"incident.{name} AS of_{name}" for name in names)
        terms = next(iter(self.raw(IN_FORCE % columns, [code])), None)
        if terms is not None:
            terms.incident = Incident.from_db(self.db, names, [getattr(terms, f"of_{name}") for name in names])
        return terms


IN_FORCE = """
SELECT terms.*, %s
FROM claims_incidentterms AS terms JOIN claims_incident AS incident ON incident.id = terms.incident_id
WHERE incident.code = %%s AND terms.frozen_at IS NOT NULL ORDER BY terms.version DESC LIMIT 1
"""


class IncidentTerms(models.Model):
    """A version of an incident's terms. Opening the incident freezes version 1; a claim keeps its version.

    A later one is written down when it holds: one manager proposed it, another one approved it (TermsDraft).
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="terms_versions")
    version = models.PositiveIntegerField(_("version"))
    values = models.JSONField(_("values"))
    revision = models.PositiveIntegerField(default=1, db_default=1)  # how often it was written before it was frozen
    frozen_at = models.DateTimeField(_("frozen"), null=True, blank=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(_("reason"), blank=True, default="", db_default="")

    objects = IncidentTermsManager()

    class Meta:
        verbose_name = _("terms")
        verbose_name_plural = _("terms")
        ordering = ["incident", "version"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "version"], name="terms_version_once"),
            models.CheckConstraint(
                condition=Q(version=1)
                | Q(frozen_at__isnull=False, proposed_by__isnull=False, approved_by__isnull=False)
                & ~Q(approved_by=models.F("proposed_by")),
                name="later_terms_by_two_people",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="frozen",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__frozen_at__isnull=False),
            ),
        ]

    def __str__(self):
        return _("Terms, version %(version)d") % {"version": self.version}

    @cached_property
    def rules(self):
        """The values as the rules take them. Raises Refused if they cannot be read."""
        return TermValues.from_json(self.values)


class CustomerQuerySet(models.QuerySet):
    def with_login(self, incident, login):
        """The customer of `incident` whose account is `login`, however it was capitalised."""
        return self.filter(incident=incident, login=login.strip().lower())


class Customer(models.Model):
    """One affected account. `intervals` (UTC, half-open) replace the incident's where they are known."""

    # Its index is the one below, in which a mass run walks.
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="customers", db_index=False)
    service = models.ForeignKey(Service, models.PROTECT, related_name="customers")
    login = models.CharField(_("account"), max_length=254)
    fee = models.DecimalField(_("fee, euro"), max_digits=11, decimal_places=2, default=0)
    paid_from = models.DateField(_("paid from"), null=True, blank=True)
    paid_to = models.DateField(_("paid to"), null=True, blank=True)
    contact = models.EmailField(_("contact address"), max_length=254, blank=True)
    second_contact = models.CharField(_("second contact"), max_length=254, blank=True)
    language = models.CharField(_("language"), max_length=5, default="it")
    intervals = ArrayField(DateTimeRangeField(), null=True, blank=True, verbose_name=_("own outage"))
    # Mails to this account; null: nobody knows. They are shown to reviewers and are part of no amount.
    deferred = models.PositiveIntegerField(_("mails delayed"), null=True, blank=True)
    bounced = models.PositiveIntegerField(_("mails lost"), null=True, blank=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("affected account")
        verbose_name_plural = _("roster")
        constraints = [
            models.UniqueConstraint(fields=["incident", "login"], name="customer_once"),
            models.CheckConstraint(condition=Q(fee__gte=0), name="customer_fee_not_negative"),
            models.CheckConstraint(
                condition=Q(paid_from=None, paid_to=None) | Q(paid_from__lt=models.F("paid_to")),
                name="customer_paid_period",
            ),
        ]
        indexes = [
            models.Index(fields=["incident", "id"], name="customer_in_order"),
            # By which somebody who signed in finds their accounts; numbers, because a roster has millions of them.
            models.Index(
                Func(Lower("contact"), function="hashtext"), condition=~Q(contact=""), name="customer_by_contact"
            ),
            models.Index(
                Func(Lower("second_contact"), function="hashtext"),
                condition=Q(second_contact__contains="@"),
                name="customer_by_second_contact",
            ),
        ]

    def __str__(self):
        return self.login

    @property
    def own_outage(self):
        """Own intervals as (start, end) pairs in UTC; empty if only the incident's are known.

        An open end is the incident's.
        """
        return tuple(
            (
                (each.lower or self.incident.started_at).astimezone(UTC),
                (each.upper or self.incident.ended_at).astimezone(UTC),
            )
            for each in self.intervals or ()
            if not each.isempty
        )

    @property
    def outage(self):
        """Own intervals, else the incident's, as (start, end) pairs in UTC."""
        return self.own_outage or (self.incident.interval,)

    @property
    def mails(self):
        """{"deferred": how many mails to it came late, "bounced": how many never came}, as far as anybody knows."""
        counts = {"deferred": self.deferred, "bounced": self.bounced}
        return {name: count for name, count in counts.items() if count is not None}

    def facts(self):
        """What the rules need to know about this account."""
        return Facts(self.service.kind, self.outage, self.fee, self.paid_from, self.paid_to)
