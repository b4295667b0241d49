"""The rules of the house, read from the source: what may import what, what may write what, how large things may be.

`faults(root)` yields a line for each thing that breaks a rule. docs/architecture.md shows the floors;
tests/test_house.py keeps them and proves that each rule catches what it forbids.
"""

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

PACKAGES = ("accounts", "evidence", "claims", "config")
# The longest prefix says on which floor a module lies.
FLOORS = {
    **dict.fromkeys(["claims.rules", "claims.sepa", "accounts.roles"], 0),
    "accounts": 1,
    "evidence": 2,
    **dict.fromkeys(["claims", "claims.models", "claims.migrations"], 3),
    **dict.fromkeys(["claims.actions", "claims.reports"], 4),
    **dict.fromkeys(["claims.web", "accounts.urls", "accounts.views", "accounts.forms"], 5),
    **dict.fromkeys(["claims.api", "claims.admin", "accounts.admin", "evidence.admin"], 5),
    **dict.fromkeys(["claims.tasks", "evidence.tasks", "claims.management"], 5),
    "config": 6,
}
DOORS = {
    "web": ("claims.web", "accounts.urls", "accounts.views", "accounts.forms"),
    "api": ("claims.api",),
    "admin": ("claims.admin", "accounts.admin", "evidence.admin"),
    "tasks": ("claims.tasks", "evidence.tasks"),
    "commands": ("claims.management",),
}
LONGEST_MODULE, LONGEST_FUNCTION = 300, 60
BAD_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "core", "service", "services"}
PURE = ("claims.rules", "claims.sepa")
NOT_IN_RULES = ("django", "rest_framework", "celery", "accounts.models", "time", "os")
NOT_IN_ACTIONS = (
    "celery",
    "rest_framework",
    "django.http",
    "django.shortcuts",
    "django.views",
    "django.contrib.messages",
)
SIGNALS = re.compile(r"^(django|allauth)\..*\bsignals\b|^django\.dispatch\b")
CLOCKS = {"now", "utcnow", "today", "localdate", "localtime"}
QUERYSET_WRITES = {
    *("save", "create", "delete", "bulk_create", "bulk_update"),
    *("get_or_create", "update_or_create", "select_for_update"),
}
STATUS_SQL = re.compile(r"\bupdate\s+\"?claims_claim\"?\b.*\bstatus\b", re.I | re.S)
WRITING_SQL = re.compile(r"^\s*(insert\s+into|update\s+\S+\s+set|delete\s+from|truncate|merge\s+into)\b", re.I)
STAIR = "claims.actions.lifecycle"


@dataclass(frozen=True)
class Module:
    """One file: its dotted name, where it is, what it says."""

    name: str
    path: str
    source: str
    package: bool

    @cached_property
    def tree(self):
        return ast.parse(self.source, self.path)

    @property
    def floor(self):
        return FLOORS[prefix_of(self.name, FLOORS)]

    def imports(self):
        """(dotted name, line) of everything imported, wherever it stands; `from a import b` yields a.b."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self.absolute(node)
                yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)

    def absolute(self, node):
        if not node.level:
            return node.module
        parts = self.name.split(".")
        parts = parts[: len(parts) - node.level + self.package]
        return ".".join([*parts, node.module] if node.module else parts)


def within(name, prefix):
    return name == prefix or name.startswith(prefix + ".")


def prefix_of(name, prefixes):
    return max((prefix for prefix in prefixes if within(name, prefix)), key=len, default=None)


def read(root):
    """{dotted name: Module} of the product below `root`."""
    modules = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = list(path.relative_to(root).with_suffix("").parts)
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            modules[name] = Module(name, str(path.relative_to(root)), path.read_text(), is_package)
    return modules


def edges(modules):
    """(importing Module, imported Module, line) for imports within the product."""
    for module in modules.values():
        for name, line in module.imports():
            target = prefix_of(name, modules)
            if target and target != module.name:
                yield module, modules[target], line


def faults(root):
    modules = read(root)
    yield from upward_imports(modules)
    yield from cycles(modules)
    yield from doors_in_doors(modules)
    for module in modules.values():
        yield from sizes(module)
        yield from names(module)
        if ".migrations." in module.name:
            continue
        for rule in (
            imports_in_functions,
            signals,
            status_writes,
            save_magic,
            rules_purity,
            action_imports,
            report_writes,
        ):
            yield from rule(module)


def fault(module, line, rule):
    return f"{module.path}:{line}: {rule}"


def upward_imports(modules):
    for module, target, line in edges(modules):
        if target.floor > module.floor:
            yield fault(module, line, f"upward import of {target.name} (floor {module.floor} to {target.floor})")


def cycles(modules):
    graph = {name: set() for name in modules}
    for module, target, _line in edges(modules):
        graph[module.name].add(target.name)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"import cycle: {' → '.join(error.args[1])}"


def door_of(name):
    return next((door for door, rooms in DOORS.items() if prefix_of(name, rooms)), None)


def doors_in_doors(modules):
    for module, target, line in edges(modules):
        here, there = door_of(module.name), door_of(target.name)
        if here and there and here != there:
            yield fault(module, line, f"door {here} imports door {there} ({target.name})")


def sizes(module):
    lines = module.source.count("\n")
    if lines > LONGEST_MODULE and ".migrations." not in module.name:
        yield fault(module, 1, f"module of {lines} lines, more than {LONGEST_MODULE}")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield fault(
                    module, node.lineno, f"function {node.name} of {length} lines, more than {LONGEST_FUNCTION}"
                )


def names(module):
    if bad := BAD_NAMES & set(module.name.split(".")):
        yield fault(module, 1, f"module called {bad.pop()}: say what it does")


def imports_in_functions(module):
    for function in ast.walk(module.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom) or called(node) in {"__import__", "import_module"}:
                    yield fault(module, node.lineno, "import inside a function")


def called(node):
    """The last name of what a call calls: `delete` for `rows.filter(…).delete()`."""
    if not isinstance(node, ast.Call):
        return None
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)


def signals(module):
    for name, line in module.imports():
        if SIGNALS.search(name):
            yield fault(module, line, f"signal ({name}): call what should happen")


def status_writes(module):
    if module.name == STAIR:
        return
    knows_claims = any(name.split(".")[-1] == "Claim" for name, _line in module.imports())

    def is_claim(node):
        return knows_claims or "claim" in ast.unparse(node).lower()

    for node in ast.walk(module.tree):
        writes = False
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            writes = any(
                isinstance(part, ast.Attribute) and part.attr == "status" and is_claim(part.value)
                for target in targets
                for part in ast.walk(target)
            )
        elif called(node) in {"update", "create", "Claim", "update_or_create", "get_or_create"}:
            writes = any(keyword.arg == "status" for keyword in node.keywords) and is_claim(node.func)
        elif called(node) == "setattr":
            writes = len(node.args) > 1 and getattr(node.args[1], "value", None) == "status" and is_claim(node.args[0])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            writes = bool(STATUS_SQL.search(node.value))
        if writes:
            yield fault(module, node.lineno, "writes a claim's status: only lifecycle.advance() may")


def save_magic(module):
    if prefix_of(module.name, ("claims.models", "accounts.models", "evidence.models")):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete", "full_clean"}:
                yield fault(module, node.lineno, f"overrides {node.name}(): call what should happen")


def rules_purity(module):
    if not prefix_of(module.name, PURE):
        return
    for name, line in module.imports():
        if prefix_of(name, NOT_IN_RULES) and not within(name, "django.utils.translation"):
            yield fault(module, line, f"rules import {name}: they are pure functions")
    for node in ast.walk(module.tree):
        if called(node) in CLOCKS:
            yield fault(module, node.lineno, f"rules look at the clock ({called(node)}): the date is an argument")


def action_imports(module):
    if within(module.name, "claims.actions"):
        for name, line in module.imports():
            if prefix_of(name, NOT_IN_ACTIONS):
                yield fault(module, line, f"action imports {name}: that is a door's business")


def report_writes(module):
    if not within(module.name, "claims.reports"):
        return
    for name, line in module.imports():
        if within(name, "claims.actions"):
            yield fault(module, line, f"report imports {name}: reports only read")
    for node in ast.walk(module.tree):
        name = called(node)
        # hash.update(data) and dict.update(other) have an argument without a name, QuerySet.update() never has.
        if name in QUERYSET_WRITES or (name == "update" and node.keywords and not node.args):
            yield fault(module, node.lineno, f"report writes ({name})")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and WRITING_SQL.search(node.value):
            yield fault(module, node.lineno, "report writes (SQL)")


OUTSIDE_MIGRATIONS = (
    *(imports_in_functions, signals, status_writes, save_magic),
    *(rules_purity, action_imports, report_writes),
)
