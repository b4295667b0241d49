"""Who may do what with a claim: one question each, answered True or by a Denied that says why not.

`person` needs `pk` and `has_role()`, `claim` the columns of claims.models.Claim; nothing is read
from the database here.
"""

from accounts.roles import CASE_READERS, Role
from claims.rules import denials
from claims.rules.errors import Refused


def require(verdict):
    """Raises Refused (403) unless `verdict` is true."""
    if not verdict:
        raise Refused(verdict.code, verdict.message, status=403)


def sees_place(person, claim):
    """Where a photograph was taken is told to who judges it, and to nobody else."""
    return claim.assigned_to_id == person.pk or person.has_role(Role.SUPERVISOR)


def may_file_for_others(person):
    return person.has_role(Role.OPERATOR) or denials.WRONG_ROLE


def may_file_own(person):
    """An operator who is no claimant files for others only."""
    return not person.has_role(Role.OPERATOR) or person.has_role(Role.CLAIMANT) or denials.WRONG_ROLE


def may_edit(person, claim):
    """The claimant, or the operator who filed for them."""
    if claim.claimant_id == person.pk:
        return True
    return (claim.filed_by_id == person.pk and person.has_role(Role.OPERATOR)) or denials.NOT_YOURS


def may_file_late(person, claimant_id=None):
    """Operators and supervisors may, but nobody opens the window again for a claim of their own."""
    if not person.has_role(Role.OPERATOR, Role.SUPERVISOR):
        return denials.WRONG_ROLE
    return denials.OWN_CLAIM if person.pk == claimant_id else True


def may_submit_late(person, claim):
    """The operator who filed it, or a supervisor whom its claimant told why it is late."""
    allowed = may_file_late(person, claim.claimant_id)
    if not allowed or person.has_role(Role.SUPERVISOR):
        return allowed
    return may_edit(person, claim)


def may_withdraw(person, claim):
    return claim.claimant_id == person.pk or denials.NOT_YOURS


def may_settle(person, claim):
    """To accept a decision, to appeal and to name the account to pay into: the claimant in person."""
    return claim.claimant_id == person.pk or denials.OWNER_ONLY


def may_reopen(person, claim):
    """A supervisor opens again what had ended, never an own claim."""
    if not person.has_role(Role.SUPERVISOR):
        return denials.WRONG_ROLE
    return denials.OWN_CLAIM if person.pk in (claim.claimant_id, claim.filed_by_id) else True


def may_review(person):
    return person.has_role(Role.REVIEWER, Role.SUPERVISOR) or denials.WRONG_ROLE


def may_touch(person, claim):
    """Whoever works on a claim has no interest in it: none of their own, of their household or of their account."""
    if person.pk in (claim.claimant_id, claim.filed_by_id):
        return denials.OWN_CLAIM
    if addresses_of(person) & {*addresses_of(claim.claimant), claim.login.lower()}:
        return denials.SAME_HOUSEHOLD
    return denials.SAME_ACCOUNT if person.pk in claim.payees else True


def addresses_of(person):
    """The e-mail addresses somebody is reached at, in small letters."""
    return {address.lower() for address in (person.email, person.second_email) if address}


def may_take(person, claim):
    """Nobody with an interest in it; in a later round not who decided or signed in an earlier one."""
    if not may_review(person):
        return denials.WRONG_ROLE
    if not (disinterested := may_touch(person, claim)):
        return disinterested
    deciders, signers = claim.earlier_hands
    return denials.EARLIER_HAND if person.pk in deciders | signers else True


def may_assign(person, claim, to):
    """A supervisor gives a claim to somebody who may take it."""
    if not person.has_role(Role.SUPERVISOR):
        return denials.WRONG_ROLE
    return denials.OWN_CLAIM if person.pk == claim.claimant_id else may_take(to, claim)


def may_hand_over(person, claim, to):
    """The reviewer who has it, or a supervisor, gives it to a colleague who may take it."""
    return may_take(to, claim) if (giving := may_release(person, claim)) else giving


def may_clear_desk(person, other):
    """A supervisor hands over all that somebody has, says when they are away, or they do so themselves."""
    if person.pk == other.pk and may_review(person):
        return True
    return person.has_role(Role.SUPERVISOR) or denials.WRONG_ROLE


def may_write(person, claim):
    """The claimant's side, or whoever reviews: the thread is between these two."""
    return True if may_edit(person, claim) else may_take(person, claim)


def may_release(person, claim):
    if person.pk == claim.claimant_id:
        return denials.OWN_CLAIM
    if claim.assigned_to_id == person.pk and may_review(person):
        return True
    return person.has_role(Role.SUPERVISOR) or denials.NOT_ASSIGNEE


def may_hold(person, claim):
    """The reviewer who has the claim, or a supervisor, puts it on hold and ends that."""
    if person.pk in (claim.claimant_id, claim.filed_by_id):
        return denials.OWN_CLAIM
    if claim.assigned_to_id == person.pk and may_review(person):
        return True
    return person.has_role(Role.SUPERVISOR) or denials.NOT_ASSIGNEE


def may_hold_for_law(person, claim):
    """A supervisor or a manager says that nothing of a claim is deleted, and that it may be again."""
    if not person.has_role(Role.SUPERVISOR, Role.MANAGER):
        return denials.WRONG_ROLE
    return denials.OWN_CLAIM if person.pk in (claim.claimant_id, claim.filed_by_id) else True


def may_ask(person, claim):
    """Who may put a claim on hold also asks its claimant, and takes a question back."""
    return may_hold(person, claim)


def may_extend(person, claim):
    """A supervisor prolongs the time to decide."""
    if not person.has_role(Role.SUPERVISOR):
        return denials.WRONG_ROLE
    return denials.OWN_CLAIM if person.pk in (claim.claimant_id, claim.filed_by_id) else True


def may_decide(person, claim):
    if person.pk in (claim.claimant_id, claim.filed_by_id):
        return denials.OWN_CLAIM
    if not may_review(person):
        return denials.WRONG_ROLE
    if claim.assigned_to_id != person.pk:
        return denials.NOT_ASSIGNEE
    return may_take(person, claim)


def may_countersign(person, claim, decider_id):
    if not person.has_role(Role.SUPERVISOR):
        return denials.WRONG_ROLE
    if not (disinterested := may_touch(person, claim)):
        return disinterested
    if person.pk == decider_id:
        return denials.FOUR_EYES
    return denials.EARLIER_HAND if person.pk in claim.earlier_hands[0] else True


def may_recall(person, claim, decider_id):
    """Only who proposed a decision takes it back to change it."""
    if person.pk == claim.claimant_id:
        return denials.OWN_CLAIM
    if not may_review(person):
        return denials.WRONG_ROLE
    return person.pk == decider_id or denials.NOT_DECIDER


def may_export(person):
    return person.has_role(Role.MANAGER, Role.SUPERVISOR) or denials.WRONG_ROLE


def may_manage_incidents(person):
    return person.has_role(Role.MANAGER) or denials.WRONG_ROLE


def may_approve_terms(person, proposer_id):
    """Another manager than who proposed later terms approves or rejects them."""
    if not person.has_role(Role.MANAGER):
        return denials.WRONG_ROLE
    return denials.OTHER_MANAGER if person.pk == proposer_id else True


def may_correct_roster(person):
    """A manager proposes, applies and cancels corrections."""
    return person.has_role(Role.MANAGER) or denials.WRONG_ROLE


def may_apply_correction(person, correction, *, concerned):
    """Another manager where it changes what people are due; never one whose own account it is about."""
    if not person.has_role(Role.MANAGER):
        return denials.WRONG_ROLE
    if correction.moves_money and person.pk == correction.proposed_by_id:
        return denials.OTHER_MANAGER
    return denials.OWN_ACCOUNT if concerned else True


def may_propose_run(person):
    """A manager counts, proposes, pauses and cancels what is given to a whole roster."""
    return person.has_role(Role.MANAGER) or denials.WRONG_ROLE


def may_approve_run(person, proposer_id, *, is_paid):
    """Another manager, whom it does not pay."""
    if not person.has_role(Role.MANAGER):
        return denials.WRONG_ROLE
    if person.pk == proposer_id:
        return denials.OTHER_MANAGER
    return denials.OWN_PAYMENT if is_paid else True


def may_pay(person):
    """Sees what is owed, opens batches, carries their files to the bank and reads what the bank answers."""
    return person.has_role(Role.MANAGER) or denials.WRONG_ROLE


def may_approve_batch(person, batch, concerned=False):
    """A second manager approves a batch; `concerned`: it pays them, or into an account that they named."""
    if not person.has_role(Role.MANAGER):
        return denials.WRONG_ROLE
    if person.pk == batch.opened_by_id:
        return denials.OWN_BATCH
    return denials.CONCERNED if concerned else True


def may_cancel_batch(person, batch, alone):
    """A manager; once its file may be at the bank it takes another one than who asked for it."""
    if not person.has_role(Role.MANAGER):
        return denials.WRONG_ROLE
    return alone or batch.cancel_asked_by_id != person.pk or denials.OWN_CANCELLATION


def may_fulfil(person):
    """Sees what is given in kind, keeps vouchers, opens files of awards, carries them out and reads the answers."""
    return person.has_role(Role.MANAGER) or denials.WRONG_ROLE


def may_approve_file(person, file, concerned=False):
    """A second manager approves a fulfilment file; `concerned`: it gives something to them."""
    if not person.has_role(Role.MANAGER):
        return denials.WRONG_ROLE
    if person.pk == file.opened_by_id:
        return denials.OWN_FILE
    return denials.OWN_AWARD if concerned else True


def may_word_letters(person):
    return person.has_role(Role.MANAGER) or denials.WRONG_ROLE


def may_word_reasons(person):
    return person.has_role(Role.MANAGER) or denials.WRONG_ROLE


def may_read_every_claim(person):
    return person.has_role(*CASE_READERS) or denials.WRONG_ROLE


def may_change_roles(person, other):
    """An administrator gives and takes the roles of others, and lets them in or out."""
    if not person.has_role(Role.ADMINISTRATOR):
        return denials.WRONG_ROLE
    return denials.OWN_ROLES if person.pk == other.pk else True


def may_send_again(person, recipient_id=None):
    """Puts a notice that failed back into the outbox, unless it is their own; None: some notice."""
    if not person.has_role(Role.SUPERVISOR, Role.MANAGER):
        return denials.WRONG_ROLE
    return denials.OWN_NOTICE if person.pk == recipient_id else True


def may_pause_outbox(person):
    """A manager stops the outbox and lets it go on; what is on a notice's way is nobody else's to hold up."""
    return person.has_role(Role.MANAGER) or denials.WRONG_ROLE


def may_study(person, claim):
    """Works with the documents of a claim: remarks, read marks, proofs, archive and bundle. Never the claimant."""
    if not may_read_every_claim(person):
        return denials.WRONG_ROLE
    return denials.OWN_CLAIM if person.pk == claim.claimant_id else True
