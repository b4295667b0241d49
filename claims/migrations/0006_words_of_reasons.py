"""The first words of every reason, in Italian and English, and the version that each decision was made with."""

from django.db import migrations, models

# code: (for staff in Italian, in English, for the claimant in Italian, in English)
TEXTS = {
    "not_on_roster": (
        "Account non colpito",
        "Not on the roster",
        "L’account non è tra quelli colpiti da questo disservizio.",
        "The account is not among those affected by this outage.",
    ),
    "outside_outage": (
        "Fuori dal disservizio",
        "Outside the outage",
        "Quello che descrivi è successo mentre il tuo account funzionava.",
        "What you describe happened while your account was working.",
    ),
    "below_minimum": (
        "Sotto la durata minima",
        "Below the minimum",
        "Il disservizio del tuo account è durato meno del minimo previsto dalle condizioni.",
        "The outage of your account was shorter than the minimum of the terms.",
    ),
    "no_evidence": (
        "Nessuna prova",
        "No evidence",
        "Nessun documento mostra questo danno.",
        "No document shows this loss.",
    ),
    "evidence_unreadable": (
        "Prova illeggibile",
        "Evidence unreadable",
        "Non è stato possibile leggere il documento.",
        "The document could not be read.",
    ),
    "no_causation": (
        "Manca il nesso causale",
        "No causation",
        "I documenti non mostrano che il danno sia stato causato dal disservizio.",
        "The documents do not show that the outage caused this loss.",
    ),
    "loss_not_proven": (
        "Danno non provato",
        "Loss not proven",
        "I documenti non mostrano che il danno ci sia stato, o a quanto ammonti.",
        "The documents do not show that this loss happened, or how high it was.",
    ),
    "chance_too_remote": (
        "Occasione troppo incerta",
        "Chance too remote",
        "L’occasione perduta non era abbastanza concreta.",
        "The opportunity you lost was not concrete enough.",
    ),
    "not_serious": (
        "Danno non grave",
        "Not serious",
        "Il danno non è così grave da essere risarcito in denaro.",
        "The harm is not serious enough to be compensated in money.",
    ),
    "already_compensated": (
        "Già compensato",
        "Already compensated",
        "Questo danno è già stato compensato.",
        "This loss was already compensated.",
    ),
    "own_contribution": (
        "Concorso del reclamante",
        "Own contribution",
        "Una parte del danno dipendeva da te.",
        "Part of the loss was in your own hands.",
    ),
    "above_cap": (
        "Oltre il massimale",
        "Above the cap",
        "L’importo supera il massimale delle condizioni.",
        "The amount is above the limit of the terms.",
    ),
    "avoidable": (
        "Danno evitabile",
        "Avoidable",
        "Il danno si poteva evitare con l’ordinaria attenzione.",
        "The loss could have been avoided with ordinary care.",
    ),
    "duplicate_claim": (
        "Pratica doppia",
        "Duplicate claim",
        "Lo stesso danno fa già parte di un’altra pratica.",
        "The same loss is already part of another claim.",
    ),
    "late": (
        "Fuori termine",
        "Late",
        "La pratica è stata presentata dopo l’ultimo giorno utile.",
        "The claim was filed after the last day.",
    ),
    "outside_terms": (
        "Fuori dalle condizioni",
        "Outside the terms",
        "Le condizioni di questo disservizio non coprono questo tipo di danno.",
        "The terms of this outage do not cover this kind of loss.",
    ),
    "withdrawn_item": (
        "Voce ritirata",
        "Item withdrawn",
        "Hai ritirato questa voce di danno.",
        "You withdrew this item.",
    ),
    "accepted_in_full": (
        "Accolto per intero",
        "Accepted in full",
        "Il danno è provato e riconosciuto per intero.",
        "The loss is proven and granted in full.",
    ),
    "accepted_equitably": (
        "Accolto secondo equità",
        "Accepted equitably",
        "Il danno è provato; l’importo è stato stimato secondo equità.",
        "The loss is proven; its amount was estimated fairly.",
    ),
}


def write_texts(apps, schema_editor):
    ReasonText = apps.get_model("claims", "ReasonText")
    names = ("staff_it", "staff_en", "claimant_it", "claimant_en")
    rows = [ReasonText(code=code, version=1, **dict(zip(names, texts, strict=True))) for code, texts in TEXTS.items()]
    ReasonText.objects.bulk_create(rows, ignore_conflicts=True)


def remember_versions(apps, schema_editor):
    """Until now every reason had one version."""
    Decision = apps.get_model("claims", "Decision")
    for decision in Decision.objects.prefetch_related("awards").iterator(1000):
        codes = {code for award in decision.awards.all() for code in award.reasons}
        codes.update(decision.assessment.get("reasons", ()))
        if codes:
            Decision.objects.filter(pk=decision.pk).update(reason_versions=dict.fromkeys(sorted(codes), 1))


class Migration(migrations.Migration):
    dependencies = [("claims", "0005_words_with_an_answer")]

    operations = [
        migrations.AddField(
            "decision",
            "reason_versions",
            models.JSONField(blank=True, default=dict, verbose_name="versions of its reasons"),
        ),
        migrations.RunPython(write_texts, migrations.RunPython.noop),
        migrations.RunPython(remember_versions, migrations.RunPython.noop),
    ]
