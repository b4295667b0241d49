"""A claim, its loss items and what was attached to it. Only lifecycle.advance() writes `status`."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Role
from claims.models import guards
from claims.models.incident import Customer, Incident, IncidentTerms
from claims.models.urgency import ordered
from claims.rules import permissions
from claims.rules.reference import normalise
from claims.rules.statuses import CLAIM_MOVES, LABELS, UNDECIDED, WAITING, Status
from claims.rules.terms import HEADS
from claims.rules.text import is_forbidden
from evidence.models import Document

REMEDIES = [("indemnity", _("Indemnity")), ("refund", _("Refund")), ("damages", _("Damages"))]
MOVE_PAIRS = ", ".join(f"('{source}', '{target}')" for source, target in sorted(CLAIM_MOVES))


def owned(person):
    own = Q(claimant=person)
    return own | Q(filed_by=person) if person.has_role(Role.OPERATOR) else own


def asked_late():
    """Drafts of incidents that take no claims any more, with the reason why they are late."""
    still = Incident.objects.open_for_claims(timezone.now())
    return Q(status=Status.DRAFT) & ~Q(late_reason="") & ~Q(incident__in=still)


def clock_stands():
    """Those whose clock stands still: they wait for the claimant, or for something that the terms let stop it."""
    held = Claim.objects.filter(holds__ended_at=None, holds__pauses=True)
    return Q(status=Status.INFORMATION_REQUESTED) | Q(status=Status.ON_HOLD, pk__in=held.values("pk"))


class ClaimQuerySet(models.QuerySet):
    def visible_to(self, person):
        """What `person` may know of: reviewers, supervisors and managers all but drafts, others their own.

        An operator also sees the claims that operator filed, a supervisor the drafts that only a supervisor can send.
        """
        if not permissions.may_read_every_claim(person):
            return self.filter(owned(person))
        known = owned(person) | ~Q(status=Status.DRAFT)
        return self.filter(known | asked_late() if person.has_role(Role.SUPERVISOR) else known)

    def asking_late(self):
        """Drafts whose time is over and whose claimants ask that they be taken all the same."""
        return self.filter(asked_late())

    def own(self, person):
        """Those that `person` files or follows: as the claimant, or as the operator on the telephone."""
        return self.filter(owned(person))

    def with_reference(self, reference):
        """The claim called `reference`, however it was typed; none for anything that is no reference."""
        return self.filter(reference=normalise(reference) or "")

    def waiting(self):
        """Free to be taken by a reviewer."""
        return self.filter(status__in=WAITING)

    def undecided(self):
        return self.filter(status__in=UNDECIDED)

    def by_urgency(self, today):
        """Most urgent first, as claims.rules.urgency says."""
        return ordered(self, today, Q(status__in=UNDECIDED) & ~clock_stands())

    def overdue(self, today):
        """Past the day of the decision; a clock that stands still is never overdue."""
        return self.undecided().filter(due__lt=today).exclude(clock_stands())

    def matching(self, text):
        """Those whose reference, account or claimant contains `text`."""
        text = text.strip()
        if any(map(is_forbidden, text)):  # PostgreSQL cannot even be asked about NUL
            return self.none()
        people = User.objects.filter(Q(email__icontains=text) | Q(name__icontains=text))
        return self.filter(
            Q(reference=normalise(text) or "-")
            | Q(reference__istartswith=text)
            | Q(login__icontains=text)
            | Q(claimant__in=people)
        )


class Claim(models.Model):
    """One person's request for one remedy after one incident."""

    class Channel(models.TextChoices):
        WEB = "web", _("Web")
        PHONE = "phone", _("Telephone")
        API = "api", _("API")

    reference = models.CharField(_("reference"), max_length=11, unique=True)
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="claims", verbose_name=_("incident"))
    terms = models.ForeignKey(IncidentTerms, models.PROTECT, related_name="claims", verbose_name=_("terms"))
    remedy = models.CharField(_("remedy"), max_length=10, choices=REMEDIES, default="damages")
    status = models.CharField(_("status"), max_length=30, choices=list(LABELS.items()), default=Status.DRAFT.value)
    claimant = models.ForeignKey(User, models.PROTECT, related_name="claims", verbose_name=_("claimant"))
    filed_by = models.ForeignKey(User, models.PROTECT, related_name="filed_claims", verbose_name=_("filed by"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.WEB)
    identity_check = models.CharField(_("how the operator checked who called"), max_length=200, blank=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="claims", verbose_name=_("affected account")
    )
    login = models.CharField(_("account"), max_length=254)
    login_explanation = models.TextField(_("why this account, if it is not on the roster"), blank=True)
    narrative = models.TextField(_("what happened"), blank=True)
    late_reason = models.TextField(_("why it is late"), blank=True)
    # {"iban", "holder"} sealed with the claimant's own key (accounts/keys.py); the index finds equal IBANs.
    bank_details = models.BinaryField(null=True, blank=True)
    iban_index = models.CharField(max_length=64, blank=True, db_index=True)
    iban_hint = models.CharField(_("IBAN"), max_length=12, blank=True)
    # Who named it, and when it took the place of another one: money waits after that, and they do not approve it.
    iban_given_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    iban_changed_at = models.DateTimeField(_("IBAN changed"), null=True, blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("flags"))
    claimed = models.DecimalField(_("claimed, euro"), max_digits=12, decimal_places=2, default=0)
    # How many of claims.rules.urgency.RISKS hold, as of the last move that changed one.
    risk = models.PositiveSmallIntegerField(_("risk"), default=0)
    assigned_to = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="assigned_claims", verbose_name=_("assigned to")
    )
    round = models.PositiveSmallIntegerField(_("review round"), default=1)
    version = models.PositiveIntegerField(_("version"), default=1)
    due = models.DateField(_("due"), null=True, blank=True)
    created_at = models.DateTimeField(_("opened"), default=timezone.now)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    updated_at = models.DateTimeField(_("last change"), auto_now=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=[s.value for s in Status]), name="claim_status"),
            models.CheckConstraint(condition=Q(remedy__in=["indemnity", "refund", "damages"]), name="claim_remedy"),
            models.CheckConstraint(
                condition=~Q(status__in=["in_review", "awaiting_countersignature"]) | Q(assigned_to__isnull=False),
                name="claim_under_review_has_reviewer",
            ),
            models.CheckConstraint(
                condition=Q(assigned_to=None) | ~Q(assigned_to=F("claimant")), name="claim_not_reviewed_by_claimant"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "expired", "withdrawn"])
                | Q(submitted_at__isnull=False, due__isnull=False),
                name="claim_submitted_has_due",
            ),
        ]
        indexes = [
            # What take_next walks: the free claims that press, then the rest, most urgent first.
            models.Index(
                fields=["due", "-risk", "submitted_at", "id"],
                condition=Q(status__in=["submitted", "appealed"]),
                name="claim_waiting",
            ),
            models.Index(
                fields=["-risk", "submitted_at", "id"],
                condition=Q(status__in=["submitted", "appealed"]),
                name="claim_waiting_rest",
            ),
            models.Index(fields=["claimant", "-id"], name="claim_own"),
            models.Index(fields=["assigned_to", "status"], name="claim_assigned"),
            models.Index(fields=["status", "due", "id"], name="claim_queue"),
            GinIndex(fields=["login"], opclasses=["gin_trgm_ops"], name="claim_login_trgm"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="moves",
                operation=pgtrigger.UpdateOf("status"),
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__status__df=pgtrigger.F("new__status")),
                func=f"IF (OLD.status, NEW.status) NOT IN ({MOVE_PAIRS}) THEN"
                " RAISE EXCEPTION 'a claim may not move from % to %', OLD.status, NEW.status"
                " USING ERRCODE = 'check_violation'; END IF; RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="starts_as_draft",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__status__df="draft"),
                func="RAISE EXCEPTION 'a claim starts as a draft' USING ERRCODE = 'check_violation';",
            ),
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
            *guards.OF_CLAIMS,
        ]

    def __str__(self):
        return self.reference

    @property
    def state(self):
        return Status(self.status)

    @property
    def is_draft(self):
        return self.status == Status.DRAFT

    @cached_property
    def earlier_hands(self):
        """(deciders, signers) of the earlier rounds' decisions, as ids. The first round has none and asks for none."""
        if self.round == 1:
            return frozenset(), frozenset()
        earlier = self.decisions.filter(state="effective", round__lt=self.round)
        pairs = list(earlier.values_list("decider_id", "countersignature__signer_id"))
        return frozenset(decider for decider, _ in pairs), frozenset(signer for _, signer in pairs if signer)

    @cached_property
    def payees(self):
        """The claimants, as ids, of all claims that name the same bank account; nobody while this one names none."""
        if not self.iban_index:
            return frozenset()
        return frozenset(Claim.objects.filter(iban_index=self.iban_index).values_list("claimant_id", flat=True))

    @property
    def outage(self):
        """The intervals this account was out, as (start, end) pairs in UTC."""
        own = self.customer.own_outage if self.customer else ()
        return own or (self.incident.interval,)


class LossItem(models.Model):
    """One kind of loss in a claim; `amount` is what is claimed, in euro."""

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="items")
    head = models.CharField(_("kind of loss"), max_length=30, choices=list(HEADS.items()))
    description = models.TextField(_("description"))
    amount = models.DecimalField(_("amount, euro"), max_digits=11, decimal_places=2)
    occurred_at = models.DateTimeField(_("when it happened"))

    class Meta:
        verbose_name = _("loss item")
        verbose_name_plural = _("loss items")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="item_amount_above_zero"),
            models.CheckConstraint(condition=Q(head__in=list(HEADS)), name="item_head"),
        ]
        triggers = guards.OF_ITEMS

    def __str__(self):
        return self.get_head_display()


class Attachment(models.Model):
    """A document as evidence in a claim: what kind it is and which item it proves."""

    class Kind(models.TextChoices):
        CONTRACT = "contract", _("Contract")
        INVOICE = "invoice", _("Invoice")
        RECEIPT = "receipt", _("Receipt")
        MAIL = "mail", _("E-mail message")
        BOUNCE = "bounce", _("Delivery failure")
        SCREENSHOT = "screenshot", _("Screenshot")
        STATEMENT = "statement", _("Statement")
        IDENTITY = "identity", _("Identity document")
        OTHER = "other", _("Other")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="attachments")
    document = models.OneToOneField(Document, models.PROTECT, related_name="attachment")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.OTHER)
    item = models.ForeignKey(
        LossItem, models.SET_NULL, null=True, blank=True, related_name="attachments", verbose_name=_("loss item")
    )
    added_at = models.DateTimeField(auto_now_add=True)
    # The verdict on the document that the claim has drawn its conclusions from, "" for none yet.
    heard = models.CharField(max_length=10, blank=True, editable=False)
    # The claimant is still to be told that it failed.
    to_tell = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(heard__in=["", "clean", "refused"]), name="attachment_heard"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(heard=""), name="attachment_unheard"),
            models.Index(fields=["claim"], condition=Q(to_tell=True), name="attachment_to_tell"),
        ]

    def __str__(self):
        return self.document.name
