"""The staff's pages: django-unfold with colours, navigation and files of our own (claims/admin)."""

UNFOLD = {
    "SITE_TITLE": "Ristoro",
    "SITE_HEADER": "Ristoro",
    "SITE_ICON": "claims.admin.look.logo",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "claims.admin.look.logo"}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": ["claims.admin.look.stylesheet"],
    "SCRIPTS": ["claims.admin.look.script"],
    "COLORS": "claims.admin.look.colours",
    "ACCOUNT": {"navigation": "claims.admin.navigation.account_links"},
    "SIDEBAR": {"navigation": "claims.admin.navigation.sidebar"},
}
