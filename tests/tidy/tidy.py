#!/usr/bin/env python3
"""The shape of the repository as tests: include direction, sizes, banned constructs, docs in step. Prints each finding with its
place and what to do instead; closes with "N passed, N failed". The checks that read text are tried on bad samples first."""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE_LINES, FUNCTION_LINES, LINE_LENGTH = 500, 70, 120
# Long for a reason: none.
EXCEPTIONS: dict[str, str] = {}

STAGES = ["ingest", "audio", "speech", "transcript", "orchestrator", "inference", "guidance", "delivery"]
BANNED = [  # (pattern, where it is banned, what to do instead)
    (r"\bFIXME\b|\bTODO\b", r".*", "do it now, or write it down in docs/"),
    (r"(?<!\()\bnew [A-Z]\w*[({]", r"src/.*", "std::make_unique, or unique_ptr<T>(new T) where the constructor is private"),
    (r"(?<![\w:])delete (?!=)\w", r"src/.*", "an owner (unique_ptr)"),
    (r"asio::experimental", r"src/.*", "net::Signal: channels lose wake-ups (docs/adr/0001)"),
    (r"awaitable_operators|use_awaitable\)?\s*\|\|", r"src/.*", "a deadline that cancels: never read || timer"),
    (r"asio::detached", r"src/.*", "Loop::spawn, which logs what ends a coroutine"),
    (r"system_clock::now|steady_clock::now", r"src/(language|call|policy|knowledge|ports|live|aftercall|orchestrator)/.*(?<!_test\.cpp)$", "`now` as an argument, or a Clock"),
    (r"#include <(thread|mutex|fstream|iostream|unistd\.h|sys/\w+\.h)>", r"src/(language|call|policy|knowledge|ports|live|aftercall|orchestrator)/.*(?<!_test\.cpp)$", "an adapter"),
    (r"std::(mutex|lock_guard|unique_lock)\b", r"src/(?!base/mutex\.h).*", "base/mutex.h, which -Wthread-safety understands"),
    (r"\b(rand|srand)\(|random_device|mt19937", r"src/(?!language/intents/classifiers)(text|call|ports|live|aftercall)/.*", "randomness as an argument"),  # LIBLINEAR draws from rand()
    (r"sleep_for|usleep\(", r"src/.*", "a timer or a condition"),
    (r"boost/json|boost::json", r"src/live/((audio|speech|transcript|orchestrator|guidance)/.*(?<!_test\.cpp)|capture\w*\.(h|cpp)|guide\.(h|cpp)|log_\w*\.(h|cpp))$", "the structs of call/events.h (docs/adr/0008)"),
    (r"\bClock\b|std::function<void\(.*(Event|Heard|Result)", r"src/live/.*(?<!_test\.cpp)$", "`now` and values in, take() out: whoever pumps the part touches the world (docs/adr/0013)"),
]

# Plain field English: (our own word of earlier days, the field's). Names, comments and texts of C++.
WORDS = [
    (r"\b(owe[sd]?|owing)\b|_owe[sd]?_|\bowe[sd]?_", "backlog, awaits"), (r"[Ww]ords of now", "live words"), (r"made_up|[Rr]unaway", "hallucination"),
    (r"\bfelt_|_felt\b|\bfelt =|\bmood_", "sentiment"), (r"[Ww]orkshop", "IntentTraining"), (r"Rehears|rehears", "CallReplay"), (r"CardGate|card_gate", "PrivacyGate"),
    (r"\bDictations\b", "MultiTurnEntities"), (r"mark_everyday", "incidental"), (r"\bletters_mutex_|\btake_letters\b", "inbox, message"),
    (r"^(static |inline )*constexpr [^;{(]*, (?!k[A-Z])[a-z]\w* = ", "kCamel for a constant"),
    (r"^(static |inline )*constexpr (?!auto list\b|auto fields\b)[\w:<>, ]+[ *&](?!k[A-Z])[a-z]\w*(\[\w*\])? ?(=|\{)", "kCamel for a constant"),
]


def git_files(*patterns: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.split("\n") if name and (ROOT / name).is_file()]


def read(name: str) -> str:
    return (ROOT / name).read_text(errors="replace")


# --- include direction: base <- language <- call <- policy, knowledge <- ports <- live/<stage> <- the parts of a call <- their
# pumps <- the rooms of the roles <- the commands; adapters and net stand beside the rooms ---

DOMAIN = {"base", "language", "call", "policy", "knowledge", "ports"}
# Between the ports, without sockets: where a reader of the call path looks (docs/adr/0013). The rest of their rooms is not domain.
PUMPS = {"gateway/captured_call", "gateway/engines", "orchestrator/guide_worker", "orchestrator/guided_call", "orchestrator/router", "delivery/followed_calls"}
LIVE = {"parts", "pumps", *(f"live/{stage}" for stage in STAGES)}
OUTER = {*DOMAIN, *LIVE, "adapters", "net"}
MAY_INCLUDE = {
    "base": set(), "language": {"base"}, "call": {"base"}, "policy": {"base", "language", "call"}, "knowledge": {"base", "language", "call"},
    "ports": DOMAIN, "aftercall": DOMAIN, **{f"live/{stage}": DOMAIN for stage in STAGES},
    "parts": {*DOMAIN, *LIVE} - {"pumps"}, "pumps": {*DOMAIN, *LIVE},
    "net": {"base", "call"}, "adapters": {*DOMAIN, "net"},
    "library": OUTER, "gateway": OUTER, "asr": OUTER, "delivery": OUTER, "webhooks": OUTER, "client": OUTER,
    "api": {*OUTER, "gateway", "delivery", "client", "aftercall"},
    "roles": {*OUTER, "library", "gateway", "asr", "delivery", "webhooks", "client", "api", "aftercall"},
    "cli": {*OUTER, "library", "gateway", "asr", "delivery", "webhooks", "client", "api", "roles", "aftercall"},
}


def layer(path: str) -> str:
    parts = path.split("/")
    if path.split(".")[0].removesuffix("_test") in PUMPS:
        return "pumps"
    if parts[0] == "live":
        return f"live/{parts[1]}" if len(parts) > 2 else "parts"
    return parts[0]


def may_include(user: str, used: str) -> bool:
    return user == used or used in MAY_INCLUDE.get(user, set())


def wrong_includes(path: str, text: str) -> list[str]:
    user = layer(path)
    return [f"{path}: {user} may not include {used}" for used in re.findall(r'^#include "([^"]+)"', text, re.M)
            if "/" in used and not used.startswith("support/") and not may_include(user, layer(used))]


def check_includes() -> list[str]:
    return [found for name in git_files("src/*.h", "src/*.cpp") for found in wrong_includes(name.removeprefix("src/"), read(name))]


# --- sizes ---

def long_functions(path: str, text: str) -> list[str]:
    """Top-level bodies in clang-format's layout: a line that ends with '{' at column 0 or 2 of a definition, closed at its own column."""
    found, start = [], None
    for number, line in enumerate(text.split("\n"), 1):
        indent = len(line) - len(line.lstrip())
        if start is None and re.match(r"^\s{0,2}[\w:~<].*\)[\w\s:>&\-]*(:.*)?\{$", line) and not re.match(r"^\s*(if|for|while|switch|namespace|class|struct)\b", line):
            start, column = number, indent
        elif start is not None and line.strip().startswith("}") and indent == column:
            if number - start > FUNCTION_LINES:
                found.append(f"{path}:{start}: a function of {number - start} lines; at most {FUNCTION_LINES}")
            start = None
    return found


def check_sizes() -> list[str]:
    found = []
    for name in git_files("src/*", "tests/*", "bench/*", "web/agent/src/*", "demo/*", "scripts/*"):
        if not re.search(r"\.(h|cpp|c|py|ts|tsx|css|mjs)$", name) or name in EXCEPTIONS:
            continue
        text = read(name)
        if text.count("\n") > FILE_LINES:
            found.append(f"{name}: {text.count(chr(10))} lines; at most {FILE_LINES}")
        if name.endswith((".h", ".cpp")):
            found += long_functions(name, text)
            found += [f"{name}:{n}: {len(line)} columns; at most {LINE_LENGTH}" for n, line in enumerate(text.split("\n"), 1)
                      if len(line) > LINE_LENGTH and "R\"" not in line and "//" not in line[:4] and not re.search(r'"[^"]{60,}', line)]
    return found


# --- banned constructs ---

def banned_in(name: str, text: str) -> list[str]:
    return [f"{name}:{number}: {line.strip()[:60]}: use {instead}" for pattern, where, instead in BANNED if re.fullmatch(where, name)
            for number, line in enumerate(text.split("\n"), 1) if re.search(pattern, line.split("//")[0] if "FIXME" not in pattern else line)]


def check_banned() -> list[str]:
    return [found for name in git_files("src/*.h", "src/*.cpp") for found in banned_in(name, read(name))]


def old_words(name: str, text: str) -> list[str]:
    return [f"{name}:{number}: {line.strip()[:60]}: use {instead}" for pattern, instead in WORDS for number, line in enumerate(text.split("\n"), 1) if re.search(pattern, line)]


def check_words() -> list[str]:
    return [found for name in git_files("src/*.h", "src/*.cpp", "tests/*.h", "tests/*.cpp", "bench/*.cpp") for found in old_words(name, read(name))]


# --- docs in step ---

def check_third_party() -> list[str]:
    listed = read("THIRD_PARTY.md")
    setup = read("scripts/setup")
    packages = re.search(r"packages=\((.*?)\n\)", setup, re.S)
    wanted = [word for line in packages.group(1).split("\n") for word in line.split("#")[0].split()] if packages else []
    wanted += list({**json.loads(read("web/agent/package.json"))["dependencies"], **json.loads(read("web/agent/package.json"))["devDependencies"]})
    return [f"THIRD_PARTY.md does not name {package}" for package in wanted if package not in listed]


def check_error_codes() -> list[str]:
    doc = read("docs/ingest.md")
    codes = set()
    for name in ["src/live/ingest/messages.cpp", "src/gateway/ingest_endpoint.cpp", "src/gateway/call_registry.cpp"]:
        codes |= set(re.findall(r'(?:fail\(|\{)"([a-z]+(?:_[a-z]+)+)"', read(name)))
    codes -= {"bad_ticket", "not_live"}
    return [f"docs/ingest.md does not explain error {code}" for code in sorted(codes) if f"`{code}`" not in doc]


def check_metrics() -> list[str]:
    doc = read("docs/metrics.md")
    names = re.findall(r'"(sotto_\w+)"', read("src/adapters/prometheus/metrics.cpp") + read("src/roles/process_gauges.cpp") + read("src/roles/shared_modules.cpp"))
    return [f"docs/metrics.md does not name {name}" for name in sorted(set(names)) if name not in doc]


def check_targets() -> list[str]:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.M))
    used = re.findall(r"`make ([a-z]+)", read("README.md") + read("ARCHITECTURE.md") + read("docs/verify.md"))
    return [f"`make {name}` is written in the docs and not in the Makefile" for name in sorted(set(used) - targets)]


# --- the demo's words are not the policies' words ---

def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z']+", text.lower())
    return {tuple(words[i:i + 4]) for i in range(len(words) - 3)}


def check_demo_words() -> list[str]:
    config = {part: name for name in git_files("config/*") for part in shingles(read(name))}
    found = []
    for name in git_files("demo/scripts/*.yaml"):
        for turn in re.findall(r'text: "([^"]*)"', read(name)):
            found += [f'{name}: "{" ".join(part)}" stands in {config[part]} too' for part in sorted(shingles(turn)) if part in config]
    return found


# --- the checks on themselves ---

def check_checks() -> list[str]:
    found = []
    if not wrong_includes("live/audio/x.h", '#include "live/speech/y.h"\n') or wrong_includes("live/audio/x.h", '#include "call/ledger.h"\n'):
        found.append("include direction is not seen")
    if not long_functions("x.cpp", "void f() {\n" + "  g();\n" * 80 + "}\n") or long_functions("x.cpp", "void f() {\n  g();\n}\n"):
        found.append("long functions are not seen")
    if not banned_in("src/live/audio/x.cpp", "auto t = std::chrono::steady_clock::now();") or banned_in("src/net/x.cpp", "// steady_clock::now"):
        found.append("banned constructs are not seen")
    if not old_words("x.cpp", "constexpr int most = 3;") or old_words("x.cpp", "constexpr int kMost = 3;  // of the library"):
        found.append("old words are not seen")
    if not shingles("I want to cancel") & shingles("well, I want to cancel it"):
        found.append("shared words are not seen")
    return found


CHECKS = {"the checks see what they should": check_checks, "includes point one way": check_includes, "sizes": check_sizes,
          "banned constructs": check_banned, "words of the field": check_words, "THIRD_PARTY.md names every dependency": check_third_party,
          "docs/ingest.md explains every error": check_error_codes, "docs/metrics.md names every metric": check_metrics,
          "targets in the docs exist": check_targets, "the demo's words are not the policies'": check_demo_words}


def main() -> int:
    failed = 0
    for title, check in CHECKS.items():
        try:
            found = check()
        except FileNotFoundError as missing:
            found = [f"{missing.filename} is missing"]
        print(f'{"ok  " if not found else "FAIL"} {title}')
        for line in found:
            print("     " + line)
        failed += bool(found)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
