"""Awards in kind for the world of the cells: by the mass run that is on, so that no claim is needed for them."""

from django.core.files.uploadedfile import SimpleUploadedFile

from claims.actions import confirming, fulfilling
from claims.models import Entitlement, Fulfilment
from tests import make

KIND = "storage_gb"


def files(run, *, manager, stranger):
    """({case: number}, {case: Entitlement}): "own" is the file that `manager` opened; one award still waits."""
    rows = [make.customer(run.incident, f"gift{number}@libero.example") for number in range(6)]
    Entitlement.objects.bulk_create(
        Entitlement(incident=run.incident, kind=KIND, quantity=5, customer=row, run=run) for row in rows
    )
    numbers = {}
    for case in ("closed", "out", "approved", "open", "own"):
        by = manager if case == "own" else stranger
        numbers[case] = fulfilling.open_file(run.incident.code, by=by, kind=KIND, most=1).number
        if case in ("closed", "out", "approved"):
            fulfilling.approve_file(numbers[case], by=manager)
            fulfilling.taken_out(numbers[case], by=stranger)[1].close()
        if case in ("closed", "out"):
            fulfilling.handed_over(numbers[case], by=stranger)
    confirming.confirm(numbers["closed"], answer("refused"), by=stranger)
    states = {"refused": Entitlement.State.REFUSED, "waiting": Entitlement.State.WAITING}
    return numbers, {case: Entitlement.objects.get(state=state) for case, state in states.items()}


def answer(result="given"):
    """A confirmation of whatever is in a file: of each file it answers that one's."""
    names = Fulfilment.objects.filter(state="listed").values_list("name", flat=True)
    lines = ["fulfilment_id,result,reason", *(f"{name},{result},No" for name in names)]
    return SimpleUploadedFile("answers.csv", "\n".join(lines).encode(), "text/csv")
