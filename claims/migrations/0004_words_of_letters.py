"""The first words of every letter, in Italian and English. Managers write the next versions."""

from django.db import migrations

TEXTS = {
    ("approved", "it"): (
        "Gentile {name},\n\nabbiamo esaminato la pratica {reference} che hai presentato il {submitted} per l’utenza"
        " {login} e l’abbiamo accolta. Ricevi {net}.\n\nQui sotto trovi ogni voce di danno, che cosa abbiamo"
        " riconosciuto e perché, e come si arriva all’importo.",
        "Questa lettera resta nella tua pratica sul nostro sito: puoi scaricarla di nuovo quando ti serve."
        "\n\nCordiali saluti\nL’ufficio reclami",
    ),
    ("approved", "en"): (
        "Dear {name},\n\nwe looked into the claim {reference} that you submitted on {submitted} for the account {login},"
        " and we approved it. You get {net}.\n\nBelow you find every loss, what we granted and why, and how the amount"
        " comes about.",
        "This letter stays in your case on our site: you can fetch it again whenever you need it."
        "\n\nYours sincerely\nThe claims office",
    ),
    ("partly_approved", "it"): (
        "Gentile {name},\n\nabbiamo esaminato la pratica {reference} che hai presentato il {submitted} per l’utenza"
        " {login} e l’abbiamo accolta in parte: dei {claimed} che hai chiesto ricevi {net}.\n\nQui sotto trovi ogni voce"
        " di danno, che cosa abbiamo riconosciuto e perché, e come si arriva all’importo.",
        "Questa lettera resta nella tua pratica sul nostro sito: puoi scaricarla di nuovo quando ti serve."
        "\n\nCordiali saluti\nL’ufficio reclami",
    ),
    ("partly_approved", "en"): (
        "Dear {name},\n\nwe looked into the claim {reference} that you submitted on {submitted} for the account {login},"
        " and we approved it in part: of the {claimed} you claimed you get {net}.\n\nBelow you find every loss, what we"
        " granted and why, and how the amount comes about.",
        "This letter stays in your case on our site: you can fetch it again whenever you need it."
        "\n\nYours sincerely\nThe claims office",
    ),
    ("rejected", "it"): (
        "Gentile {name},\n\nabbiamo esaminato la pratica {reference} che hai presentato il {submitted} per l’utenza"
        " {login}. Ci dispiace: non possiamo accoglierla e non paghiamo quanto hai chiesto.\n\nQui sotto trovi, per ogni"
        " voce di danno, il perché.",
        "Sappiamo che non è la risposta che speravi. Se qualcosa non è chiaro, scrivici dalla tua pratica sul nostro sito."
        "\n\nCordiali saluti\nL’ufficio reclami",
    ),
    ("rejected", "en"): (
        "Dear {name},\n\nwe looked into the claim {reference} that you submitted on {submitted} for the account {login}."
        " We are sorry: we cannot approve it and do not pay what you claimed.\n\nBelow you find the reasons for every"
        " loss.",
        "We know that this is not the answer you hoped for. If something is not clear, write to us from your case on our"
        " site.\n\nYours sincerely\nThe claims office",
    ),
}


def write_texts(apps, schema_editor):
    texts = apps.get_model("claims", "LetterText").objects
    for (kind, language), (opening, closing) in TEXTS.items():
        texts.get_or_create(kind=kind, language=language, version=1, defaults={"opening": opening, "closing": closing})


class Migration(migrations.Migration):
    dependencies = [("claims", "0003_clocks_of_claims_already_submitted")]
    operations = [migrations.RunPython(write_texts, migrations.RunPython.noop)]
