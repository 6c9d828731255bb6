#!/usr/bin/env python3
"""keyterms: the calls of tests/unseen, part work, through the live path in virtual time (bench_listen), without and with what the server would tell
its recogniser to expect (`sotto knowledge terms`): the names in the articles of the call's own tenant, found by the product, none by hand.

`recall`: mentions of such names in the calls that are heard. `false_alarms`: names heard that nobody said, in 1,000 words. `wer_added`: points.
`listed`: of the words that stand with a capital inside a sentence of the calls (names of callers, streets and towns too), those among the terms.
CALLS=n: the first n calls of each tenant. TERMS=FILE: the words of this file, a line each, in place of the tenants' own."""
import datetime
import json
import os
import pathlib
import random
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "models/unseen")]
from live import edits, print_figure, words  # noqa: E402
from render_calls import calls_of, rendered  # noqa: E402

TRACKS = ("customer", "agent")
CALENDAR = {datetime.date(2026, month, 1).strftime("%B") for month in range(1, 13)} | {datetime.date(2026, 6, day).strftime("%A") for day in range(1, 8)}


def terms_of(tenant):
    if "TERMS" in os.environ:
        return pathlib.Path(os.environ["TERMS"]).read_text().splitlines()
    folder = ROOT / f"tests/unseen/tenants/{tenant}"
    printed = subprocess.run([ROOT / "build/sotto", "knowledge", "terms", "--knowledge", folder, "--tenant", "articles", "--json"], cwd=ROOT,
                             capture_output=True, text=True)
    if printed.returncode:
        sys.exit(f"keyterms: {printed.stderr.strip()}")
    return json.loads(printed.stdout)


def tokens(text):
    return [re.sub(r"'s?$", "", word) for word in words(text.replace("\u2019", "'"))]


def count(term, said):
    """How often the words of a term stand in a row."""
    size = len(term)
    return sum(said[at:at + size] == term for at in range(len(said) - size + 1))


def listen(calls, told):
    """{(call, track): text}"""
    requests = [{"wav": truth["wav"], "channel": channel, "mulaw": True, "spans": [], "partials": False}
                | ({"keyterms": terms} if told and terms else {}) for truth, terms in calls for channel in (0, 1)]
    program = subprocess.run([ROOT / "build/bench_listen"], input="".join(json.dumps(request) + "\n" for request in requests), capture_output=True,
                             text=True, cwd=ROOT)
    if program.returncode:
        sys.exit(f"keyterms: {program.stderr.strip()}")
    answers = [" ".join(final["text"] for final in json.loads(line)["live"]) for line in program.stdout.splitlines()]
    return dict(zip([(truth["id"], track) for truth, _ in calls for track in TRACKS], answers, strict=True))


def compared(calls, heard):
    """Of each call: [mentions heard, mentions, false alarms, word errors, words]."""
    rows = []
    for truth, terms in calls:
        # "Haldane" stands among the terms where "Haldane Energy" does.
        names = [list(name) for name in sorted({tuple(tokens(term)) for term in terms if " " not in term})]
        row = [0] * 5
        for track in TRACKS:
            said = " ".join(turn["text"] for turn in truth["turns"] if turn["track"] == track)
            true, out = tokens(said), tokens(heard[truth["id"], track])
            for name in names:
                mentions, found = count(name, true), count(name, out)
                row[0] += min(mentions, found)
                row[1] += mentions
                row[2] += max(0, found - mentions)
            row[3] += edits(words(said), words(heard[truth["id"], track]))
            row[4] += len(words(said))
        rows.append(row)
    return rows


def interval(rows, figure):
    chance = random.Random(1)
    drawn = sorted(figure([chance.choice(rows) for _ in rows]) for _ in range(1000))
    return [round(drawn[25], 4), round(drawn[975], 4)]


def total(rows, column):
    return sum(row[column] for row in rows)


def listed(calls):
    """(words with a capital inside a sentence that are among the terms, all of them)"""
    known = all_of = 0
    for truth, terms in calls:
        names = {word for term in terms for word in tokens(term)}
        for turn in truth["turns"]:
            for word in re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}", turn["text"]):
                if word not in CALENDAR:
                    all_of += 1
                    known += word.lower() in names
    return known, all_of


def main():
    tenant_of = {call["id"]: call["tenant"] for _, call in calls_of("work")}
    terms = {tenant: terms_of(tenant) for tenant in sorted(set(tenant_of.values()))}
    seen, calls = {}, []
    for truth in rendered("work"):
        tenant = tenant_of[truth["id"]]
        seen[tenant] = seen.get(tenant, 0) + 1
        if seen[tenant] <= int(os.environ.get("CALLS", "1000")):
            calls.append((truth, terms[tenant]))
    without, told = (compared(calls, listen(calls, flag)) for flag in (False, True))
    same = {"part": "work", "calls": len(calls), "terms": round(sum(map(len, terms.values())) / len(terms), 1)}
    for name, rows in (("without", without), ("told", told)):
        goals = {"floor": 0.75, "aim": 0.9} if name == "told" else {}
        ratio = lambda sample: total(sample, 0) / max(1, total(sample, 1))
        print_figure("keyterms", "recall", ratio(rows), "share", total(rows, 1), ci95=interval(rows, ratio), terms_are=name, **goals, **same)
        goals = {"floor": 1, "aim": 0.5} if name == "told" else {}
        rate = lambda sample: 1000 * total(sample, 2) / total(sample, 4)
        print_figure("keyterms", "false_alarms", rate(rows), "in 1,000 words", total(rows, 4), ci95=interval(rows, rate), terms_are=name, **goals, **same)
        print_figure("keyterms", "wer", total(rows, 3) / total(rows, 4), "share", total(rows, 4), terms_are=name, **same)
    pairs = [(one[3] - other[3], one[4]) for one, other in zip(told, without, strict=True)]
    added = lambda sample: 100 * total(sample, 0) / total(sample, 1)
    print_figure("keyterms", "wer_added", added(pairs), "points", total(pairs, 1), ci95=interval(pairs, added), floor=0.2, aim=0, **same)
    known, all_of = listed(calls)
    print_figure("keyterms", "listed", known / max(1, all_of), "share", all_of, **same)


if __name__ == "__main__":
    main()
