"""The vendored files: complete, nothing from another host. That they can be collected: tests/platform."""

import re
from pathlib import Path

from django.conf import settings as django_settings

STATIC = Path(django_settings.BASE_DIR) / "config" / "static"


def test_our_stylesheet_is_short_and_loads_nothing_from_elsewhere():
    sheet = (STATIC / "ristoro.css").read_text()
    assert len(sheet.splitlines()) < 300
    assert not re.search(r"https?:|@import|url\(\s*[\"']?//", sheet.replace('a[href^="http"]', ""))


def test_every_vendored_folder_is_named_with_version_and_licence():
    readme = (STATIC / "vendor" / "README.md").read_text()
    for folder in (STATIC / "vendor").iterdir():
        if folder.is_dir():
            assert re.search(rf"`{folder.name}/` \| \S+ \| \d+\.\d+\.\d+ \|", readme)
            assert (folder / "LICENSE").exists()
