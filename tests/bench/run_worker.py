"""What the worker does for a mass run, alone in its process: as nice as the worker is, chunk after chunk to the end."""

from claims.actions import mass_runs


def measure():
    while mass_runs.grant_next():
        pass
