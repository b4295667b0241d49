"""What the staff's pages wear: our colours, stylesheet, script and mark. Named in UNFOLD (config/settings.py)."""

from django.templatetags.static import static

# 600 acts on light pages, 500 on dark ones.
PRIMARY = {
    "50": "#eef7f4",
    "100": "#d7ece5",
    "200": "#b0d9cc",
    "300": "#7fc0ac",
    "400": "#4fc3a5",
    "500": "#4fc3a5",
    "600": "#0b6b57",
    "700": "#095a49",
    "800": "#07473a",
    "900": "#05362c",
    "950": "#03231d",
}
BASE = {
    "50": "#f7f8f7",
    "100": "#eef1f3",
    "200": "#dde3e9",
    "300": "#c6d0da",
    "400": "#94a3b3",
    "500": "#64748a",
    "600": "#4a5b70",
    "700": "#334357",
    "800": "#223044",
    "900": "#141d2a",
    "950": "#0d141e",
}
FONT = {
    "subtle-light": "#566678",
    "default-light": "#33475d",
    "important-light": "#17324d",
    "subtle-dark": "#a3b1c2",
    "default-dark": "#cdd6e1",
    "important-dark": "#f2f5f8",
}


def colours(request):
    return {"base": dict(BASE), "primary": dict(PRIMARY), "font": dict(FONT)}


def stylesheet(request):
    return static("staff/staff.css")


def script(request):
    return static("staff/staff.js")


def logo(request):
    return static("img/logo.svg")
