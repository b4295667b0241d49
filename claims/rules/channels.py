"""Where a notice may go: an address on the service that failed is not trusted until it is restored."""


def domain_of(address):
    return address.rpartition("@")[2].lower()


def usable_address(addresses, broken_domains):
    """The first non-empty address whose domain works, or None: then the notice waits for the restoration."""
    return next((address for address in addresses if address and domain_of(address) not in broken_domains), None)
