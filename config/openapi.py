"""How the API's schema and its page are made (drf-spectacular)."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Ristoro",
    "VERSION": "1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AwardKind": "claims.rules.benefits.KINDS",
        "ClaimStatus": "claims.api.filters.STATUSES",
        "DocumentKind": "claims.api.documents.KINDS",
    },
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "list"},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "claims.api.documentation.complete",
    ],
}
