#!/usr/bin/env python3
"""Checks everything in this folder; exit status 1 and a list where something is wrong.

    check.py            counts, and the overlap of cues with the examples of their rules
    check.py --near     also names the nearest ones of part `work` (never those of `last`)
"""
import collections
import datetime
import glob
import os
import re
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "numbers"))
import generate  # noqa: E402

TENANTS = ["brightfen", "pearlgate", "mendwell", "tailhaven", "karavel"]
TODAY = "2026-11-16"
KINDS = {"card", "cvv", "iban", "account", "identity"}
wrong = []


def bad(where, what):
    wrong.append("%s: %s" % (where, what))


def load(path):
    with open(path, encoding="utf-8") as f:
        return yaml.safe_load(f)


# ---- words --------------------------------------------------------------------------------------------------

STOP = set("""a an the and or but if so as at by for from in into of off on onto out over to up with about after before
again all any both each few more most no nor not now only own same some such than that this these those then there here
i im ive ill id me my mine myself we us our you your yours yall he him his she her it its they them their what which who
whom when where why how is am are was were be been being have has had having do does did doing done can could will would
shall should may might must get got gets getting go goes going gone went come comes coming came say says said put let
just really very too also well oh um er yeah yes like one two three four five six seven eight nine ten dont cant wont
didnt doesnt isnt wasnt hes shes theyre youre were theres thats whats back still thing way lot bit""".split())


def stem(w):
    for end in ("ing", "ed", "es", "s", "ly"):
        if w.endswith(end) and len(w) - len(end) >= 3:
            w = w[:-len(end)]
            break
    return w[:-1] if len(w) > 4 and w[-1] == w[-2] else w


def content(text):
    ws = re.findall(r"[a-z]+", text.lower().replace("'", "").replace("’", ""))
    return {stem(w) for w in ws if w not in STOP and len(w) > 1}


def within(part, whole):
    """The digits of part, in order, in whole: what is taken back may stand between them."""
    rest = iter(whole)
    return all(c in rest for c in part)


# ---- tenants ------------------------------------------------------------------------------------------------

def sections(path):
    """front matter, {heading: text}"""
    text = open(path, encoding="utf-8").read()
    front = {}
    m = re.match(r"---\n(.*?)\n---\n", text, re.S)
    if m:
        front = yaml.safe_load(m[1])
        text = text[m.end():]
    heads, at = {}, None
    for line in text.split("\n"):
        m = re.match(r"(#+) (.*)", line)
        if m:
            at = m[2].strip()
            if at in heads:
                bad(path, "heading twice: " + at)
            heads[at] = ""
        elif at:
            heads[at] += line + "\n"
        elif line.strip():
            bad(path, "text above the title")
    if len(re.findall(r"(?m)^# ", text)) != 1:
        bad(path, "not exactly one title")
    n = len(re.findall(r"\w[\w'.,-]*", text))
    if not 150 <= n <= 600:
        bad(path, "%d words" % n)
    return front, heads


def in_force(front, day):
    day = datetime.date.fromisoformat(day)
    return front.get("valid_from", day) <= day <= front.get("valid_until", day)


rules, articles, items = {}, {}, {}
for t in TENANTS:
    rules[t] = {}
    items[t] = set()
    for r in load(os.path.join(HERE, "tenants", t, "policies.yaml")):
        if r["id"] in rules[t]:
            bad(t, "rule twice: " + r["id"])
        rules[t][r["id"]] = r
        said = r["when"].get("said_like")
        if said is not None and not 2 <= len(said) <= 5:
            bad(t, r["id"] + " has %d examples" % len(said))
        cue = r["then"].get("cue")
        if cue and (len(cue["headline"].split()) > 9 or len(cue.get("body", "").split()) > 35):
            bad(t, r["id"] + ": cue too long")
        if "checklist" in r["then"] and not cue:
            items[t].add(r["then"]["checklist"]["item"])
    if not 8 <= len(rules[t]) <= 12:
        bad(t, "%d rules" % len(rules[t]))
    for r in rules[t].values():
        if "cue" in r["then"] and r["then"]["cue"]["kind"] == "must_say" and r["then"]["checklist"]["item"] not in items[t]:
            bad(t, r["id"] + " waits for an item that nothing ticks")
    if os.path.exists(os.path.join(HERE, "tenants", t, "articles", "questions.yaml")):
        bad(t, "a questions.yaml stands there")
    articles[t] = {os.path.basename(p): sections(p) for p in sorted(glob.glob(os.path.join(HERE, "tenants", t, "articles", "*.md")))}
    if not 12 <= len(articles[t]) <= 20:
        bad(t, "%d articles" % len(articles[t]))
    olds = [a for a, (f, _) in articles[t].items() if "valid_until" in f and not in_force(f, TODAY)]
    news = [a for a, (f, _) in articles[t].items() if "valid_from" in f and in_force(f, TODAY)]
    if len(olds) < 2 or len(news) < 2:
        bad(t, "fewer than two articles with an older and a newer version")


def cue_rules(t):
    return {i for i, r in rules[t].items() if "cue" in r["then"]}


# ---- calls --------------------------------------------------------------------------------------------------

calls = [load(p) for p in sorted(glob.glob(os.path.join(HERE, "calls", "*.yaml")))]
count = collections.Counter()
overlaps, tick_overlaps = [], []
for c in calls:
    w, t, turns, e = c["id"], c["tenant"], c["turns"], c["expect"]
    count["calls", c["part"], t] += 1
    if t not in TENANTS or c["part"] not in ("work", "last") or c["noise"] not in ("none", "babble", "street"):
        bad(w, "tenant, part or noise")
    if not 24 <= len(turns) <= 40:
        bad(w, "%d turns" % len(turns))
    for i, turn in enumerate(turns, 1):
        if turn["who"] not in ("agent", "customer") or re.search(r"\d", turn["text"]):
            bad(w, "turn %d: who, or a digit in the text" % i)
    for key in e:
        for x in e[key]:
            if isinstance(x, dict) and not 1 <= x["turn"] <= len(turns):
                bad(w, "%s: turn %s" % (key, x["turn"]))
    for x in e["cues"] + e["may"]:
        if x["rule"] not in cue_rules(t):
            bad(w, "no such rule with a cue: " + x["rule"])
            continue
        when = rules[t][x["rule"]]["when"]
        if "seconds" not in x and when.get("speaker", "either") not in ("either", turns[x["turn"] - 1]["who"]):
            bad(w, "turn %d is not said by whom %s listens to" % (x["turn"], x["rule"]))
    for x in e["cues"]:
        if "seconds" not in x:
            examples = rules[t][x["rule"]]["when"]["said_like"]
            mine = content(turns[x["turn"] - 1]["text"])
            shared = max((mine & content(ex) for ex in examples), key=len)
            overlaps.append((len(shared), c["part"], w, x["rule"], sorted(shared)))
    named = {x["rule"] for x in e["cues"] + e["may"]}
    if set(e["never"]) & named or set(e["never"]) | named != cue_rules(t):
        bad(w, "`never` is not all that may not come")
    for x in e["ticks"]:
        if x["item"] not in items[t]:
            bad(w, "no such item: " + x["item"])
            continue
        ex = [s for r in rules[t].values() if r["then"].get("checklist", {}).get("item") == x["item"] and "cue" not in r["then"]
              for s in r["when"]["said_like"]]
        if turns[x["turn"] - 1]["who"] != "agent":
            bad(w, "a tick in the customer's turn %d" % x["turn"])
        tick_overlaps.append(max(len(content(turns[x["turn"] - 1]["text"]) & content(s)) for s in ex))
    for x in e["answers"]:
        if x["article"] not in articles[t] or x["heading"] not in articles[t][x["article"]][1]:
            bad(w, "no passage %s#%s" % (x["article"], x["heading"]))
        elif not in_force(articles[t][x["article"]][0], c["started"][:10]):
            bad(w, x["article"] + " is not in force on that day")
        if turns[x["turn"] - 1]["who"] != "customer":
            bad(w, "an answer to the agent's turn %d" % x["turn"])
    whole = ""
    for x in e["hidden"] + e["readable"]:
        if x in e["hidden"] and x["kind"] not in KINDS:
            bad(w, "hidden kind " + x["kind"])
        if not within(x["digits"], generate.heard(turns[x["turn"] - 1]["text"])):
            bad(w, "turn %d says %s, not %s" % (x["turn"], generate.heard(turns[x["turn"] - 1]["text"]), x["digits"]))
        if x["kind"] == "card" and turns[x["turn"] - 1]["who"] == "customer":
            whole += x["digits"]
    if whole and not (13 <= len(whole) <= 19 and generate.luhn_ok(whole)):
        bad(w, "the card is none: " + whole)
    for key in ("cues", "ticks", "answers", "hidden", "no_answer", "readable", "may"):
        count[key, c["part"]] += len(e[key])
if len(calls) != 40 or len({c["id"] for c in calls}) != 40:
    bad("calls", "%d of them" % len(calls))
if sum(c["part"] == "last" for c in calls) not in (13, 14):
    bad("calls", "not a third in part last")
for t in TENANTS:
    if count["calls", "work", t] + count["calls", "last", t] != 8 or not count["calls", "last", t]:
        bad("calls", t)
if not 4 <= sum(not c["expect"]["cues"] for c in calls) <= 16:
    bad("calls", "too few or too many without a cue")
near = [o for o in overlaps if o[0] > 2]
if len(near) * 5 > len(overlaps):
    bad("overlap", "%d of %d cues share more than two content words with an example" % (len(near), len(overlaps)))

# ---- questions ----------------------------------------------------------------------------------------------

questions = load(os.path.join(HERE, "questions.yaml"))
asked = set()
for q in questions:
    t, w = q["tenant"], "question '%s'" % q["asked"][:30]
    count["questions", q["part"], t, "answer" if q["article"] else "none"] += 1
    if q["asked"] in asked or re.search(r"\d", q["asked"]):
        bad(w, "twice, or with digits")
    asked.add(q["asked"])
    day = str(q.get("call_date", TODAY))
    if q["article"] is None:
        if q["near"] not in articles[t]:
            bad(w, "near: no such article")
        continue
    f, h = q["article"]["file"], q["article"]["heading"]
    if f not in articles[t] or h not in articles[t][f][1]:
        bad(w, "no passage %s#%s" % (f, h))
        continue
    front, heads = articles[t][f]
    if not in_force(front, day):
        bad(w, "%s is not in force on %s" % (f, day))
    if front and "call_date" not in q:
        bad(w, "an article with dates, and no call_date")
    for m in q["must"]:
        if m.lower() not in (h + "\n" + heads[h]).lower():
            bad(w, "'%s' does not stand under %s#%s" % (m, f, h))
for t in TENANTS:
    for kind in ("answer", "none"):
        seen = 2 if (t, kind) == ("brightfen", "answer") else 0  # README.md: they were looked at
        if (count["questions", "work", t, kind], count["questions", "last", t, kind]) != (16 + seen, 8 - seen):
            bad("questions", "%s %s: %d and %d" % (t, kind, count["questions", "work", t, kind], count["questions", "last", t, kind]))

# ---- numbers ------------------------------------------------------------------------------------------------

unnamed = 0
for hand, f in generate.frames():
    count["frames", hand, f["part"]] += 1
    used, first_card, said_card, at = set(), None, False, 0
    for t in f["turns"]:
        for m in generate.SLOT.finditer(t["text"]):
            used.add(m[1])
            if m[1] == "card" and first_card is None:
                first_card = True
                said_card = said_card or bool(re.search(r"(?i)card", t["text"][:m.start()]))
        if first_card is None and re.search(r"(?i)card", t["text"]):
            said_card = True
    if used != set(f["hide"]) | set(f["keep"]) or set(f["hide"]) & set(f["keep"]):
        bad(f["id"], "slots in neither or both of hide and keep: %s" % (used ^ (set(f["hide"]) | set(f["keep"]))))
    if f["unnamed"] and ("card" not in f["hide"] or said_card):
        bad(f["id"], "somebody says card before its digits")
    unnamed += f["unnamed"]
if unnamed < 14:
    bad("frames", "%d with a card that nobody named" % unnamed)
for hand in "ab":
    if count["frames", hand, "work"] + count["frames", hand, "last"] != 20:
        bad("frames", hand)
if sum(count["frames", h, "last"] for h in "ab") not in (13, 14):
    bad("frames", "not a third in part last")

made = list(generate.items())
if made[:50] != [x for _, x in zip(range(50), generate.items())]:
    bad("generate", "the same seed gives other items")
seen_frames = {f["id"]: f for _, f in generate.frames()}
for it in made:
    count["items", it["part"]] += 1
    has_card = False
    for t in it["turns"]:
        if re.search(r"\d|[{}]", t["text"]) or "  " in t["text"]:
            bad(it["id"], "a digit or a slot in the text")
    for e in it["entities"]:
        v = e["value"]
        if e["kind"] == "card" and e["hide"]:
            has_card = True
            if not generate.luhn_ok(v) or not 13 <= len(v) <= 19:
                bad(it["id"], "card " + v)
        if e["kind"] == "iban" and not generate.iban_ok(v):
            bad(it["id"], "IBAN " + v)
        if e["kind"] == "parcel" and v[0] != "9":
            bad(it["id"], "a parcel number that may be a card")
        said = ""
        for turn, a, b in e["where"]:
            words = it["turns"][turn - 1]["text"].split()
            if not 1 <= a <= b <= len(words):
                bad(it["id"], "words %d to %d of turn %d" % (a, b, turn))
            said += generate.heard(" ".join(words[a - 1:b]))
        if e["slot"] in ("card", "code", "account", "sort", "routing", "ssn") and len(said) < len(v):
            bad(it["id"], "%s: %s is not said (%s)" % (e["slot"], v, said))
    count["cards", it["part"]] += has_card
if len(made) < 3000 or count["cards", "last"] < 1000:
    bad("items", "%d items, %d with cards in part last" % (len(made), count["cards", "last"]))

# ---- the report ---------------------------------------------------------------------------------------------

print("%-10s %6s %9s | calls %5s %5s | questions %5s %5s" % ("tenant", "rules", "articles", "work", "last", "work", "last"))
for t in TENANTS:
    print("%-10s %6d %9d | %11d %5d | %15d %5d" % (t, len(rules[t]), len(articles[t]), count["calls", "work", t], count["calls", "last", t],
          *(sum(count["questions", p, t, k] for k in ("answer", "none")) for p in ("work", "last"))))
for key in ("cues", "may", "ticks", "answers", "no_answer", "hidden", "readable"):
    print("in calls, %-10s work %3d, last %3d" % (key, count[key, "work"], count[key, "last"]))
print("calls without an expected cue: %d; turns: %d; words: %d" % (sum(not c["expect"]["cues"] for c in calls),
      sum(len(c["turns"]) for c in calls), sum(len(x["text"].split()) for c in calls for x in c["turns"])))
print("frames: " + ", ".join("%s %s %d" % (h, p, count["frames", h, p]) for h in "ab" for p in ("work", "last")) + "; card not named: %d" % unnamed)
print("items: work %d, last %d; with a card to hide: work %d, last %d" % tuple(count[k, p] for k in ("items", "cards") for p in ("work", "last")))
hist = collections.Counter(o[0] for o in overlaps)
print("content words that a cue's turn shares with the nearest example: " + ", ".join("%d: %d" % x for x in sorted(hist.items())) +
      " (more than two: %d of %d)" % (len(near), len(overlaps)))
print("the same of ticks: " + ", ".join("%d: %d" % x for x in sorted(collections.Counter(tick_overlaps).items())))
if "--near" in sys.argv:
    for o in sorted(overlaps, reverse=True):
        if o[1] == "work" and o[0] >= 2:
            print("   ", *o[2:4], o[0], " ".join(o[4]))
for x in wrong[:60]:
    print("WRONG " + x)
print("OK" if not wrong else "%d things are wrong" % len(wrong))
sys.exit(1 if wrong else 0)
