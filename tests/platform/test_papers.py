"""What README, compose.yaml and the pictures promise is there."""

import re
from pathlib import Path

import yaml

from tests.servers import FORGET, ROOT

README = (ROOT / "README.md").read_text()
SOURCES = [ROOT / "config" / "settings.py", *sorted((ROOT / "config").glob("*.py"))]
READ = re.compile(r"""(?:env\.\w+|required)\(\s*"([A-Z_]+)\"""")
DEMANDED = re.compile(r"""required\(\s*"([A-Z_]+)\"""")


def settings_table():
    """{name: default} of the table in README.md."""
    rows = re.findall(r"^\| `([A-Z_]+)` \|.*\| (.*) \|$", README, re.MULTILINE)
    assert len(rows) == len(dict(rows))
    return dict(rows)


def test_every_setting_is_in_the_table_and_no_other():
    read = {name for source in SOURCES for name in READ.findall(source.read_text())}
    assert set(settings_table()) == read


def test_the_table_says_which_settings_are_required():
    required = set(DEMANDED.findall((ROOT / "config" / "settings.py").read_text()))
    assert {name for name, default in settings_table().items() if default == "required"} == required


def test_the_tests_forget_every_setting_of_the_developer():
    given = {"DATABASE_URL", "REDIS_URL", "RISTORO_HOME", "DEBUG"}
    assert set(settings_table()) - given <= set(FORGET)


def test_links_of_the_papers_lead_somewhere():
    for paper in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", paper.read_text()):
            assert (paper.parent / target).exists(), f"{paper.name}: {target}"


def test_compose_names_programs_and_settings_that_exist():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert set(services) == {"prepare", "web", "worker", "beat", "postgres", "redis", "clamav", "bucket"}
    assert [name for name, service in services.items() if "profiles" in service] == ["bucket"]
    for name in ("prepare", "web", "worker", "beat"):
        assert set(services[name]["environment"]) <= set(settings_table())
        assert services[name]["env_file"] == ".env"
    assert services["web"]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}
    images = [service["image"] for service in services.values() if "build" not in service]
    assert all(":" in image for image in images)


def test_compose_and_its_example_give_every_required_setting():
    composed = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["web"]["environment"]
    example = {line.split("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line}
    required = {name for name, default in settings_table().items() if default == "required"}
    assert required <= set(composed) | example
    own = {"HOST", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert example - own <= set(settings_table())


def test_make_help_lists_every_command_of_the_makefile():
    makefile = Path(ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    assert set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)) == phony
