"""The vendored files: complete, hashed for production, nothing from another host."""

import re
from pathlib import Path

from django.conf import settings as django_settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings

STATIC = Path(django_settings.BASE_DIR) / "config" / "static"


def test_the_files_can_be_collected_hashed_and_compressed(tmp_path):
    storages = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
        for name in ("ristoro.css", "vendor/bootstrap/bootstrap.min.css", "vendor/htmx/htmx.min.js", "img/favicon.svg"):
            hashed = staticfiles_storage.stored_name(name)
            assert hashed != name
            assert (tmp_path / hashed).exists()
        sheet = (tmp_path / staticfiles_storage.stored_name("ristoro.css")).read_text()
        assert re.search(r"source-sans-3-latin-400-normal\.[0-9a-f]{12}\.woff2", sheet)
        assert list(tmp_path.glob("ristoro.*.css.gz"))


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
