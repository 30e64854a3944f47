"""Judges a cargo dependency graph by deny.toml: licences, sources and bans, as cargo-deny reads those tables.

usage: deny.py, in a folder that holds deny.toml, Cargo.toml and Cargo.lock

Exit status 1, and a line a finding on stderr, if the policy is broken or says something that this script does not
judge: a policy that is only partly read would pass too much.
"""

import json
import re
import subprocess
import sys
import tomllib

KNOWN = {
    "graph": {"all-features", "targets"},
    "advisories": None,  # needs a database; cargo-deny judges it where there is one
    "licenses": {"allow", "confidence-threshold", "unused-allowed-license", "version"},
    "sources": {"unknown-registry", "unknown-git", "allow-registry", "allow-git"},
    "bans": {"multiple-versions", "wildcards", "deny", "highlight", "skip"},
}


# The name of crates.io in every Cargo.lock; cargo-deny allows it where nothing else is said.
CRATES_IO = "https://github.com/rust-lang/crates.io-index"


def satisfied(expression, allowed):
    """Whether an SPDX expression can be met with allowed licences only; the old form "A/B" means "A OR B"."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def term():
        nonlocal position
        token = tokens[position]
        position += 1
        if token == "(":
            value = disjunction()
            position += 1
            return value
        if tokens[position : position + 1] == ["WITH"]:
            token += " WITH " + tokens[position + 1]
            position += 2
        return token in allowed

    def conjunction():
        nonlocal position
        value = term()
        while tokens[position : position + 1] == ["AND"]:
            position += 1
            value = term() and value
        return value

    def disjunction():
        nonlocal position
        value = conjunction()
        while tokens[position : position + 1] == ["OR"]:
            position += 1
            value = conjunction() or value
        return value

    return disjunction()


def unknown_keys(policy):
    for table, keys in policy.items():
        if table not in KNOWN:
            yield f"deny.toml: this script does not judge [{table}]"
        elif KNOWN[table] is not None:
            for key in set(keys) - KNOWN[table]:
                yield f"deny.toml: this script does not judge {table}.{key}"


def skipped(name, version, skip):
    """Whether an entry `crate = "NAME@VERSION"` of bans.skip names this version; "2" names every 2.x."""
    return any(
        entry["crate"].partition("@")[0] == name and f"{version}.".startswith(entry["crate"].partition("@")[2] + ".")
        for entry in skip
    )


def judge_lock(packages, sources, bans):
    versions = {}
    for package in packages:
        name, source = package["name"], package.get("source", "")
        versions.setdefault(name, []).append(package["version"])
        if source.startswith("git+") and source not in sources.get("allow-git", []):
            yield f"{name}: comes from {source}, not from the registry"
        registry = source.removeprefix("registry+")
        if registry != source and registry not in sources.get("allow-registry", [CRATES_IO]):
            yield f"{name}: comes from the registry {registry}, which deny.toml does not allow"
    banned = {b if isinstance(b, str) else b.get("crate", b.get("name")) for b in bans.get("deny", [])}
    for name, all_found in versions.items():
        found = [version for version in all_found if not skipped(name, version, bans.get("skip", []))]
        if len(found) > 1 and bans.get("multiple-versions") == "deny":
            yield f"{name}: {len(found)} versions, {' and '.join(found)}"
        if name in banned:
            yield f"{name}: deny.toml bans it"


def judge_packages(packages, allowed, bans):
    for package in packages:
        name, licence = f"{package['name']} {package['version']}", package["license"]
        if not licence:
            yield f"{name}: no licence in its manifest"
        elif not satisfied(licence, allowed):
            yield f"{name}: its licence is {licence}, deny.toml allows {', '.join(sorted(allowed))}"
        if bans.get("wildcards") == "deny" and package["source"] is None:
            for dependency in package["dependencies"]:
                if dependency["req"] == "*" and not dependency.get("path"):
                    yield f"{name}: depends on any version of {dependency['name']}"


def main():
    policy = tomllib.load(open("deny.toml", "rb"))
    lock = tomllib.load(open("Cargo.lock", "rb"))["package"]
    sources, bans = policy["sources"], policy.get("bans", {})

    findings = [*unknown_keys(policy), *judge_lock(lock, sources, bans)]
    # cargo itself stops at a source that is not vendored: it is asked once the sources are known to be good.
    if not findings:
        command = ["cargo", "metadata", "--offline", "--locked", "--all-features", "--format-version", "1"]
        metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        findings = [*judge_packages(metadata["packages"], set(policy["licenses"]["allow"]), bans)]

    for finding in findings:
        print("deny:", finding, file=sys.stderr)
    if not findings:
        print(f"{len(metadata['packages'])} packages: licences, sources and bans are as deny.toml demands")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
