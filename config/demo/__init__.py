"""The demo: one incident, its people, 20,000 affected accounts and about 300 claims in every state.

Everything goes through the real actions, in one transaction: the demo is there as a whole or not at all, and a second
run finds it and does nothing. Three things are staged, here and nowhere in the product:

- clock.py moves the time the actions see, so that claims have a believable past and journals are dated like the claims;
- what columns take as their default moment is set to the same past afterwards (past.py);
- notices to invented claimants are marked as sent, so that the mail folder is not flooded: the worker really sends
  those of anna and bruno. The few whose only mailbox is the broken one keep theirs waiting, as it would be.

All of it comes from one seeded generator: two machines get the same demo, but for today's date.
"""
