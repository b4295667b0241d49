"""Where a notice may go: an address on the service that failed is not trusted until it is restored."""


def domain_of(address):
    return address.rpartition("@")[2].lower()


def usable_address(addresses, broken_domains, bad=()):
    """The first non-empty address whose domain works and that is not known as bad (in small letters), or None."""
    return next(
        (each for each in addresses if each and domain_of(each) not in broken_domains and each.lower() not in bad), None
    )
