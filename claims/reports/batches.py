"""Where the files of batches lie."""

from pathlib import Path

from django.conf import settings


def folder_of_files():
    return Path(settings.EXPORTS_ROOT) / "batches"


def path_of(batch):
    """Where the file of a batch lies; nothing but whole files is ever called so."""
    return folder_of_files() / f"{batch.number}.xml"
