"""Which accounts of rosters some addresses name: the account itself, its contact or its other address."""

# By an index each; `%(addresses)s` are in small letters.
NAMED_BY = """
SELECT k.id FROM claims_incident i CROSS JOIN unnest(%(addresses)s::text[]) AS own (address)
JOIN claims_customer k ON k.incident_id = i.id AND k.login = own.address
UNION
SELECT k.id FROM claims_customer k WHERE k.contact <> ''
    AND hashtext(lower(k.contact)) IN (SELECT hashtext(a) FROM unnest(%(addresses)s::text[]) AS a)
    AND lower(k.contact) = ANY(%(addresses)s)
UNION
SELECT k.id FROM claims_customer k WHERE k.second_contact LIKE '%%@%%'
    AND hashtext(lower(k.second_contact)) IN (SELECT hashtext(a) FROM unnest(%(addresses)s::text[]) AS a)
    AND lower(k.second_contact) = ANY(%(addresses)s)
"""
