"""People: users by e-mail, their data keys and API tokens; how often somebody tried."""

import secrets
from hashlib import sha256

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.roles import STAFF, Role


class UserManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email):
        return self.get(email=email.lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in, or for whom an operator filed. Addresses are stored in lower case."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    # The mailbox that failed is often somebody's only address: this one is used while it is down.
    second_email = models.EmailField(_("second e-mail address"), max_length=254, blank=True)
    language = models.CharField(
        _("language"), max_length=5, default="it", choices=[("it", "Italiano"), ("en", "English")]
    )
    is_staff = models.BooleanField(_("works here"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)
    # Part of what a session is checked against: raising it ends every session of this person at once.
    generation = models.PositiveIntegerField(default=0, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        indexes = [
            # By which people who are reached in the same way find each other.
            models.Index(fields=["phone"], condition=~models.Q(phone=""), name="user_phone"),
            models.Index(fields=["second_email"], condition=~models.Q(second_email=""), name="user_second_email"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
        ]

    def __str__(self):
        return self.name or self.email

    def get_full_name(self):
        return str(self)

    def _get_session_auth_hash(self, secret=None):
        salt = "accounts.models.User.session"
        return salted_hmac(salt, f"{self.generation}:{self.password}", secret=secret, algorithm="sha256").hexdigest()

    @cached_property
    def roles(self):
        """The person's roles as a frozenset of Role; read once per request."""
        active = Group.objects.filter(user__pk=self.pk, user__is_active=True)
        names = set(active.values_list("name", flat=True)) if self.pk else set()
        return frozenset(role for role in Role if role in names)

    def forget_roles(self):
        """The next question about a role asks the database again."""
        self.__dict__.pop("roles", None)

    def look_again(self):
        """Whether what this person signed in with still holds after a wait; the next question about a role asks again.

        False once the account was closed, the password changed or every sign-in ended.
        """
        self.forget_roles()
        same = {"generation": self.generation, "password": self.password}
        return User.objects.filter(pk=self.pk, is_active=True, **same).exists()

    def has_role(self, *roles):
        return self.is_active and not self.roles.isdisjoint(roles)

    @property
    def works_here(self):
        return self.is_staff and self.has_role(*STAFF)


class PersonKey(models.Model):
    """The data key of one person, wrapped by FIELD_KEYS. Destroying it makes their sealed text unreadable."""

    person = models.OneToOneField(User, models.PROTECT, related_name="data_key")
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("data key")
        verbose_name_plural = _("data keys")

    def __str__(self):
        return f"data key of {self.person_id}"


# By hand: putting this query together took the ORM longer than PostgreSQL takes to answer it.
BEARER = """
SELECT person.*, token.id AS token_id, token.expires_at AS token_expires_at, ARRAY(
    SELECT role.name FROM accounts_user_groups AS has JOIN auth_group AS role ON role.id = has.group_id
    WHERE has.user_id = person.id
) AS role_names
FROM accounts_apitoken AS token JOIN accounts_user AS person ON person.id = token.user_id
WHERE token.digest = %s AND token.expires_at > %s AND person.is_active
"""


class ApiTokenManager(models.Manager):
    def issue(self, user, lifetime):
        """A new token for `user`, valid for `lifetime` (timedelta); returns (plain text, row). Shown once."""
        plain = secrets.token_urlsafe(32)
        row = self.create(user=user, digest=digest(plain), expires_at=timezone.now() + lifetime)
        return plain, row

    def valid(self, plain):
        """The row of a usable token with its person and their roles, or None: one query, made at every call."""
        hashed = digest(plain)
        person = next(iter(User.objects.raw(BEARER, [hashed, timezone.now()])), None)
        if person is None:
            return None
        person.roles = frozenset(role for role in Role if role in person.role_names)
        return self.model(id=person.token_id, user=person, digest=hashed, expires_at=person.token_expires_at)

    def forget_old(self):
        """Removes the tokens nobody can use any more; returns how many."""
        return self.filter(expires_at__lte=timezone.now()).delete()[0]


class ApiToken(models.Model):
    """A bearer token of the API: 256 bits, only its hash is stored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    objects = ApiTokenManager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self):
        return f"token of {self.user_id}"


def digest(plain):
    return sha256(plain.encode()).hexdigest()


class Throttle(models.Model):
    """How often one identity tried one thing since its window began; written by accounts.throttling alone."""

    scope = models.CharField(max_length=40)
    identity = models.CharField(max_length=64)
    tries = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("throttle")
        verbose_name_plural = _("throttles")
        constraints = [models.UniqueConstraint(fields=["scope", "identity"], name="throttle_once")]

    def __str__(self):
        return f"{self.scope}: {self.tries}"
