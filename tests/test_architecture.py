"""The shape of the code, where import contracts cannot say it: what pure means, and who may do I/O.

The direction of flow stands in pyproject.toml ([tool.importlinter]) and is checked by lint-imports.
The list of modules that touch the world stands there too, once; these tests hold the files to it.
"""

import ast
import re
import tomllib
from fnmatch import fnmatchcase

from tests.support.source import PRODUCT, ROOT, Module, modules

CLAIMS_PURITY = re.compile(r"\bPure\b( \w+)?[.:]")
ONE_IMPORTER = ("serial", "paho", "sqlite3", "uvicorn", "amqtt", "influxdb_client")
CLOCK_READERS = {"now", "utcnow", "today", "localtime"}
FILE_TOUCHERS = {"is_dir", "is_file", "iterdir", "mkdir", "read_bytes", "read_text", "rglob", "touch", "unlink",
                 "write_bytes", "write_text"}  # fmt: skip
"""Methods of a Path that leave it as a value no longer; a pure module may bear one in an error."""
WORLDLY_BUILTINS = {"open", "print", "input", "exec", "eval", "breakpoint"}


def listed_as_worldly() -> list[str]:
    """Return the patterns of the modules that pyproject.toml lists as touching the world."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}
    return [entry.removesuffix(" -> *") for entry in contracts["purity"]["ignore_imports"]]


def is_worldly(module: Module) -> bool:
    """Return whether the module is listed as touching the world."""
    return any(fnmatchcase(module.name, pattern.replace("**", "*")) for pattern in listed_as_worldly())


def rules() -> list[Module]:
    """Return the modules that must be pure: all of readers/ and gateway/ that are not listed."""
    return [module for module in modules("readers", "gateway") if not is_worldly(module)]


def test_every_module_says_whether_it_is_pure() -> None:
    """A module of readers/ or gateway/ claims to be pure in its first line, or is listed as I/O; never both."""
    faults = [
        f"{module.name}: write 'Pure.' at the end of its first line, or list it in [tool.importlinter] 'purity'"
        for module in rules()
        if not module.is_bare and not CLAIMS_PURITY.search(module.first_line)
    ] + [
        f"{module.name}: listed in [tool.importlinter] 'purity', yet its first line claims to be pure"
        for module in modules("readers", "gateway")
        if module.name in listed_as_worldly() and CLAIMS_PURITY.search(module.first_line)
    ]
    assert not faults, "\n".join(faults)


def test_the_list_of_worldly_modules_names_no_ghosts() -> None:
    """Each module that is listed as touching the world exists."""
    names = [module.name for module in modules("readers", "gateway")]
    ghosts = [entry for entry in listed_as_worldly() if not entry.endswith("**") and entry not in names]
    assert not ghosts, f"listed in [tool.importlinter] 'purity', but gone: {ghosts}"


def test_pure_modules_rest_on_pure_modules() -> None:
    """What a pure module imports of ours is pure as well, so purity holds through any chain."""
    worldly = {module.name for module in modules("readers", "gateway") if is_worldly(module)}
    faults = [
        f"{module.name}:{line} imports {name}, which touches the world"
        for module in rules()
        for line, name in module.imports()
        if name in worldly
    ]
    assert not faults, "\n".join(faults)


def test_pure_modules_import_nothing_by_turns() -> None:
    """Randomness comes into a pure module as an argument: the type Random, never the module random."""
    faults = [
        f"{module.name}:{line} imports {name}: take a Random as an argument"
        for module in rules()
        for line, name in module.imports()
        if name.startswith("random.") and name != "random.Random"
    ] + [
        f"{module.name}:{node.lineno} imports random: take a Random as an argument"
        for module in rules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names)
    ]
    assert not faults, "\n".join(faults)


def worldly_calls(module: Module) -> list[str]:
    """Return the calls in `module` that read a clock, a file or chance without any import giving it away."""
    faults = []
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name):
            unseeded = function.id == "Random" and not node.args
            if function.id in WORLDLY_BUILTINS or unseeded:
                faults.append(f"{module.name}:{node.lineno} calls {function.id}()")
        elif isinstance(function, ast.Attribute) and function.attr in FILE_TOUCHERS:
            faults.append(f"{module.name}:{node.lineno} calls .{function.attr}()")
        elif isinstance(function, ast.Attribute) and function.attr in CLOCK_READERS:
            owner = function.value
            named = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            if named in {"datetime", "date"}:
                faults.append(f"{module.name}:{node.lineno} calls {named}.{function.attr}()")
    return faults


def test_pure_modules_call_nothing_worldly() -> None:
    """A pure module reads no clock and no file through builtins or datetime either."""
    faults = [fault for module in rules() for fault in worldly_calls(module)]
    assert not faults, "\n".join(faults)


def test_each_io_library_has_one_importer() -> None:
    """The product reaches each I/O library through one module, and so do the simulators."""
    faults = []
    for side in (PRODUCT, ("simulators",)):
        for library in ONE_IMPORTER:
            importers = sorted(
                {
                    module.name
                    for module in modules(*side)
                    for _, name in module.imports()
                    if name == library or name.startswith(f"{library}.")
                }
            )
            if len(importers) > 1:
                faults.append(f"{library} is imported by {', '.join(importers)}: one module is enough")
    assert not faults, "\n".join(faults)


def test_config_is_data_alone() -> None:
    """config/ holds data: its one Python file is a docstring."""
    assert [module.name for module in modules("config") if not module.is_bare] == []


def test_no_test_takes_the_command_from_its_module() -> None:
    """`gateway.cli.main` is a function and a module: who imports the module first makes it one for all others."""
    faults = [
        f"{module.name}: write `from gateway.cli import main`"
        for module in modules("tests")
        if module.name
        != "tests.durability.gateway_life"  # a process of its own, which imports before it forks
        and any(name.startswith("gateway.cli.main.") for _, name in module.imports())
    ]
    assert not faults, "\n".join(faults)


def test_each_verdict_bears_the_rule_that_it_was_judged_by() -> None:
    """No watch of the gateway gives a verdict without; the engine alone takes up those of an earlier life."""
    without = [
        f"{module.name}:{node.lineno}"
        for module in modules("gateway")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Condition"
        and "rule" not in {keyword.arg for keyword in node.keywords}
    ]
    assert [place.partition(":")[0] for place in without] == ["gateway.alerts.engine"]
