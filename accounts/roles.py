"""The roles of Ristoro. Each is a Django group of the same name."""

from enum import StrEnum


class Role(StrEnum):
    CLAIMANT = "claimant"  # files and follows own claims
    OPERATOR = "operator"  # call centre: files for claimants
    REVIEWER = "reviewer"  # legal reviewer: takes and decides claims
    SUPERVISOR = "supervisor"  # countersigns, reassigns, handles appeals
    MANAGER = "manager"  # terms, payouts, reports
    ADMINISTRATOR = "administrator"  # people and roles


STAFF = frozenset(Role) - {Role.CLAIMANT}
# May read every claim; operators see those they filed.
CASE_READERS = frozenset({Role.REVIEWER, Role.SUPERVISOR, Role.MANAGER})
