"""The three remedies. Each module has one pure `assess()`."""

from claims.rules.remedies import damages, indemnity, refund

REMEDIES = {"indemnity": indemnity, "refund": refund, "damages": damages}
