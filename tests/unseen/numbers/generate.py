#!/usr/bin/env python3
"""Expands the dialogue frames of this folder into items as JSON lines.

    generate.py [--seed 20261116] [--part work|last] [--out FILE]

The same seed gives the same items. See ../README.md for slots, styles and fields.
"""
import argparse
import json
import os
import random
import re
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
SLOT = re.compile(r"\{([a-z]+)(?:#(\d)/(\d))?(!)?(?::([a-z0-9-]+))?\}")
ONES = "zero one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = ("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
            "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth").split()
MONTHS = "January February March April May June July August September October November December".split()
PHONETIC = ("Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliet Kilo Lima Mike November Oscar Papa Quebec "
            "Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu").split()
KIND = {"code": "cvv", "routing": "account", "sort": "account", "ssn": "identity", "nino": "identity",
        "passport": "identity", "licence": "identity", "dob": "date"}
# The first six digits are those of test numbers that networks and gateways publish.
NETWORKS = [("400000", 16), ("424242", 16), ("411111", 16), ("401288", 16), ("555555", 16), ("510510", 16),
            ("545454", 16), ("520082", 16), ("371449", 15), ("378282", 15), ("305693", 14), ("356600", 16)]
WEIGHTS = [5, 3, 2, 2, 5, 3, 2, 2, 2, 2, 1, 1]


def luhn_ok(s):
    total = 0
    for i, c in enumerate(reversed(s)):
        d = int(c)
        if i % 2:
            d = d * 2 - 9 if d > 4 else d * 2
        total += d
    return total % 10 == 0


def iban_ok(s):
    return int("".join(str(int(c, 36)) for c in s[4:] + s[:4])) % 97 == 1


def digits(r, n):
    return "".join(r.choice("0123456789") for _ in range(n))


def small(n):
    if n < 10:
        return ONES[n]
    if n < 20:
        return TEENS[n - 10]
    return TENS[n // 10] + (" " + ONES[n % 10] if n % 10 else "")


def number(n):
    if n < 100:
        return small(n)
    if n < 1000:
        return ONES[n // 100] + " hundred" + (" and " + small(n % 100) if n % 100 else "")
    return number(n // 1000) + " thousand" + (" " + number(n % 1000) if n % 1000 else "")


# ---- readings of digits -------------------------------------------------------------------------------------

def singles(s, zero):
    return " ".join(zero if c == "0" else ONES[int(c)] for c in s)


def doubled(s, zero):
    out, i = [], 0
    while i < len(s):
        n = 1
        while i + n < len(s) and s[i + n] == s[i] and n < 3:
            n += 1
        if n == 3 and i + 3 < len(s) and s[i + 3] == s[i]:
            n = 2
        word = zero if s[i] == "0" else ONES[int(s[i])]
        out.append({1: "", 2: "double ", 3: "treble "}[n] + word)
        i += n
    return " ".join(out)


def paired(s, zero, r):
    out = []
    for i in range(0, len(s), 2):
        p = s[i:i + 2]
        if len(p) == 1:
            out.append(singles(p, zero))
        elif p == "00":
            out.append(r.choice(["double " + zero, zero + " " + zero]))
        elif p[0] == "0":
            out.append(zero + " " + ONES[int(p[1])])
        else:
            out.append(small(int(p)))
    return " ".join(out)


def hundreds(s, zero, r):
    out = []
    for i in range(0, len(s), 4):
        g = s[i:i + 4]
        if len(g) == 4 and g[1:] == "000" and g[0] != "0":
            out.append(ONES[int(g[0])] + " thousand")
        elif len(g) == 4 and g[2:] == "00" and g[0] != "0":
            out.append(small(int(g[:2])) + " hundred")
        elif len(g) == 3 and g[0] != "0" and r.random() < 0.5:
            out.append(number(int(g)))
        elif len(g) == 4 and g[1] != "0" and r.random() < 0.3:
            out.append(singles(g[0], zero) + " " + number(int(g[1:])))
        else:
            out.append(doubled(g, zero))
    return ", ".join(out)


def chunks(s, n):
    return [s[i:i + n] for i in range(0, len(s), n)]


def read_digits(s, style, hand, r):
    oh = r.choice(["oh", "oh", "oh", "zero", "nought"]) if hand == "b" else "zero"
    if style == "singles":
        return singles(s, "zero" if hand == "a" and r.random() < 0.75 else "oh")
    if style == "groups-of-four":
        return ", ".join(singles(g, oh) for g in chunks(s, 4))
    if style == "groups-of-three":
        return ", ".join(singles(g, oh) for g in chunks(s, 3))
    if style == "oh":
        return ", ".join(singles(g, "oh") for g in chunks(s, r.choice([3, 4, 5, 16])))
    if style == "double":
        return ", ".join(doubled(g, oh) for g in chunks(s, r.choice([4, 4, 6, 16])))
    if style == "pairs":
        return paired(s, oh, r)
    if style == "hundreds":
        return hundreds(s, oh, r)
    if style == "mixed":
        out, i = [], 0
        while i < len(s):
            n = r.choice([2, 3, 4, 4])
            g = s[i:i + n]
            out.append(read_digits(g, r.choice(["oh", "double", "pairs", "hundreds"]), hand, r))
            i += n
        return r.choice([", ", " ", " ", " and then "]).join(out)
    if style == "correct":
        n = r.choice([2, 3, 4])
        groups = chunks(s, n)
        k = r.randrange(len(groups))
        bad = list(groups[k])
        j = r.randrange(len(bad))
        bad[j] = r.choice([c for c in "0123456789" if c != bad[j]])
        sorry = r.choice(["no sorry", "no wait", "I mean", "sorry", "scratch that", "no hang on"] if hand == "a" else
                         ["no, I tell a lie,", "sorry, no,", "no, hold on,", "beg pardon,", "wait,"]).strip(",")
        base = r.choice(["singles", "oh", "double"])
        words = []
        for i, g in enumerate(groups):
            if i == k:
                if j == len(bad) - 1 and r.random() < 0.5:  # only the wrong digit is said anew
                    words.append(read_digits(g[:j] + bad[j], base, hand, r) + ", " + sorry + ", " + singles(g[j], oh))
                    continue
                words.append(read_digits("".join(bad), base, hand, r) + ", " + sorry + ",")
            words.append(read_digits(g, base, hand, r))
        return " ".join(words)
    raise ValueError("no such style: " + style)


def read_code(s, style, hand, r):
    """Letters and digits: letters one by one, or by the telephone alphabet."""
    out = []
    phonetic = r.random() < 0.25
    for part in re.findall(r"[A-Z]+|\d+", s):
        if part.isdigit():
            out.append(read_digits(part, style, hand, r))
        elif phonetic:
            out.append(" ".join(r.choice([PHONETIC[ord(c) - 65], c + " for " + PHONETIC[ord(c) - 65]]) for c in part))
        else:
            out.append(" ".join(part))
    return ", ".join(out) if r.random() < 0.5 else " ".join(out)


# ---- and back ----------------------------------------------------------------------------------------------

DIGIT = {w: str(i) for i, w in enumerate("zero one two three four five six seven eight nine".split())}
DIGIT.update({"oh": "0", "nought": "0", "o": "0"})
TEEN = {w: str(10 + i) for i, w in enumerate(TEENS)}
TEN = {w: i for i, w in enumerate(TENS) if w != "_"}


def heard(text):
    """The digits that the words say."""
    ws, out, i = re.findall(r"[a-z]+", text.lower()), "", 0
    while i < len(ws):
        w = ws[i]
        nxt = ws[i + 1] if i + 1 < len(ws) else ""
        if w in ("double", "treble", "triple") and nxt in DIGIT:
            out += DIGIT[nxt] * (2 if w == "double" else 3)
            i += 2
            continue
        if w in TEN:
            if nxt in DIGIT and DIGIT[nxt] != "0":
                out += str(TEN[w]) + DIGIT[nxt]
                i += 2
                continue
            out += str(TEN[w]) + "0"
        elif w in TEEN:
            out += TEEN[w]
        elif w == "thousand":
            # "four thousand" is 4000; "twenty eight thousand, one hundred and fifty six" goes on
            out += "" if nxt in DIGIT and ws[i + 2:i + 3] == ["hundred"] else "000"
        elif w == "hundred":
            after = ws[i + 2] if i + 2 < len(ws) else ""
            out += "00" if nxt != "and" else "0" if after in DIGIT else ""
        elif w in DIGIT:
            out += DIGIT[w]
        i += 1
    return out


# ---- values -------------------------------------------------------------------------------------------------

FIRST = ("Marnie Desmond Odette Kwame Siobhan Rupert Anoushka Leopold Farida Gethin Imelda Tobias Nkechi Barnaby "
         "Pernille Jarrod Saoirse Vikram Delphine Hamish Xiomara Clement Roisin Arjun Winifred Otis").split()
LAST = ("Tolliver Ashgrove Penhaligon Okonjo Brackley Fennimore Sandoval Keogh Thistlewood Marchetti Bhattacharya "
        "Lundgren Abernathy Quigley Rosales Hargrave Nwosu Pickersgill Delacroix Mulcahy Sorensen Venkatesh").split()
ROADS = ["Larch", "Quarry Bank", "Mulberry", "Tannery", "Old Ferry", "Copperfield", "Saltmarsh", "Wheelwright", "Juniper",
         "Harrowgate", "Millrace", "Orchard Rise"]
HOSTS = ["postmill", "quickmail", "inbox", "larkmail"]


def day(n):
    return ORDINALS[n - 1] if n <= 20 else ("thirtieth" if n == 30 else TENS[n // 10] + " " + ORDINALS[n % 10 - 1])


def year(y, r):
    if y < 2000:
        return "nineteen " + (small(y % 100) if y % 100 > 9 else "oh " + ONES[y % 100])
    return r.choice(["two thousand and " + small(y % 100), "twenty " + (small(y % 100) if y % 100 > 9 else "oh " + ONES[y % 100])]) \
        if y % 100 else "two thousand"


def card_value(r):
    prefix, n = r.choices(NETWORKS, WEIGHTS)[0]
    body = prefix + digits(r, n - len(prefix) - 1)
    return next(body + c for c in "0123456789" if luhn_ok(body + c))


def iban_value(r):
    cc = r.choice(["GB", "IE", "NL", "DE"])
    body = {"GB": "TEST" + digits(r, 14), "IE": "TEST" + digits(r, 14), "NL": "TEST" + digits(r, 10), "DE": "0000" + digits(r, 14)}[cc]
    n = int("".join(str(int(c, 36)) for c in body + cc + "00"))
    return cc + "%02d" % (98 - n % 97) + body


def routing_value(r):
    body = "99" + digits(r, 6)
    w = [3, 7, 1, 3, 7, 1, 3, 7]
    return body + str(-sum(int(c) * k for c, k in zip(body, w)) % 10)


def make_value(slot, hand, r, values):
    """(value as an entity has it, what is read)"""
    if slot == "card":
        v = card_value(r)
    elif slot == "code":
        v = digits(r, 4 if len(values.get("card", ["0" * 16])[0]) == 15 else 3)
    elif slot == "iban":
        v = iban_value(r)
    elif slot == "routing":
        v = routing_value(r)
    elif slot == "sort":
        v = "99" + digits(r, 4)
    elif slot == "account":
        v = digits(r, 8) if hand == "b" else digits(r, r.choice([9, 10, 12]))
        while luhn_ok(v):
            v = digits(r, len(v))
    elif slot == "ssn":
        v = "9" + digits(r, 2) + "%02d" % r.randint(1, 49) + "%04d" % r.randint(1, 9999)
    elif slot == "nino":
        v = r.choice(["QQ", "BG", "NK", "KN", "TN", "NT", "ZZ"]) + digits(r, 6) + r.choice("ABCD")
    elif slot == "passport":
        v = r.choice(["X" + digits(r, 7), digits(r, 9)])
    elif slot == "licence":
        v = "ZZ" + digits(r, 6)
    elif slot == "order":
        v = r.choice([digits(r, 6), digits(r, 7), digits(r, 8), r.choice("ABKRTW") + r.choice("HLNSVX") + digits(r, 6)])
    elif slot == "ticket":
        v = r.choice(["INC" + digits(r, 6), "TK" + digits(r, 5), digits(r, 7)])
    elif slot == "policy":
        v = r.choice(["P" + digits(r, 7), digits(r, 8)])
    elif slot == "meter":
        v = digits(r, 5)
    elif slot == "parcel":
        v = "9" + digits(r, r.choice([11, 12]))
    elif slot == "phone":
        if hand == "a":
            v = r.choice(["212", "614", "303", "206", "918", "505"]) + "55501" + digits(r, 2)
        else:
            v = r.choice(["07700900" + digits(r, 3), "01632960" + digits(r, 3), "020794600" + digits(r, 2)])
    elif slot == "postcode":
        v = digits(r, 5) if hand == "a" else r.choice("BDGLNS") + r.choice("AHLNSY") + str(r.randint(1, 19)) + str(r.randint(1, 9)) + \
            r.choice("ABDEFG") + r.choice("HJLNPQ")
    elif slot == "expiry":
        v = "20%02d-%02d" % (r.randint(27, 32), r.randint(1, 12))
    elif slot == "date":
        v = "--%02d-%02d" % (r.randint(1, 12), r.randint(1, 28))
    elif slot == "dob":
        v = "%04d-%02d-%02d" % (r.randint(1938, 2006), r.randint(1, 12), r.randint(1, 28))
    elif slot == "amount":
        big, cents = r.choice([r.randint(6, 99), r.randint(100, 999), r.randint(1000, 3000)]), r.choice([0, 0, r.randint(1, 99)])
        v = "%d.%02d %s" % (big, cents, "USD" if hand == "a" else r.choice(["GBP", "GBP", "EUR", "INR"]))
    elif slot == "name":
        v = r.choice(FIRST) + " " + r.choice(LAST)
    elif slot == "email":
        who = values["name"][0] if "name" in values else r.choice(FIRST) + " " + r.choice(LAST)
        v = "%s@%s.example" % (who.lower().replace(" ", "."), r.choice(HOSTS))
    elif slot == "address":
        v = "%d %s %s" % (r.randint(1, 320), r.choice(ROADS), r.choice(["Street", "Avenue", "Drive"] if hand == "a" else ["Road", "Lane", "Close"]))
    else:
        raise ValueError("no such slot: " + slot)
    return v


def pieces(v, n, cuts):
    """v in n pieces, the same ones each time the frame asks for pieces of n."""
    if n not in cuts:
        base, extra = divmod(len(v), n)
        cuts[n] = [base + (1 if i < extra else 0) for i in range(n)]
        if n == 3 and len(v) == 15:
            cuts[n] = [4, 6, 5]
        elif n == 3 and len(v) == 16:
            cuts[n] = [4, 4, 8] if int(v[-1]) % 2 else [4, 8, 4]
        elif n == 3 and len(v) == 9:
            cuts[n] = [3, 2, 4]
        elif n == 2 and len(v) == 11:
            cuts[n] = [5, 6]
    out, i = [], 0
    for k in cuts[n]:
        out.append(v[i:i + k])
        i += k
    return out


def speak(slot, s, style, hand, r):
    if slot in ("card", "code", "routing", "sort", "account", "ssn", "meter", "parcel", "phone"):
        if slot == "phone" and style in ("hundreds", "correct"):
            style = "oh"
        for _ in range(8):
            text = read_digits(s, style, hand, r)
            if style == "correct" or heard(text) == s:  # "ninety, seven" for 907 would be 97
                return text
        return singles(s, "zero" if hand == "a" else "oh")
    if slot in ("iban", "nino", "passport", "licence", "order", "ticket", "policy"):
        return read_code(s, "singles" if style in ("hundreds",) else style, hand, r)
    if slot == "postcode":
        if hand == "a":
            return read_digits(s, "singles", hand, r)
        return " ".join(c if c.isalpha() else ONES[int(c)] for c in s[:-3]) + ", " + " ".join(c if c.isalpha() else ONES[int(c)] for c in s[-3:])
    if slot == "expiry":
        y, m = int(s[2:4]), int(s[5:])
        return r.choice([MONTHS[m - 1] + " " + small(y), MONTHS[m - 1] + " twenty " + small(y),
                         (("oh " if hand == "b" else "zero ") + ONES[m] if m < 10 else small(m)) + " " + small(y),
                         small(m) + " " + small(y)])
    if slot in ("date", "dob"):
        m, d = int(s[-5:-3]), int(s[-2:])
        text = MONTHS[m - 1] + " " + day(d) if hand == "a" else r.choice(["the " + day(d) + " of " + MONTHS[m - 1], day(d) + " " + MONTHS[m - 1]])
        return text + (" " + year(int(s[:4]), r) if slot == "dob" else "")
    if slot == "amount":
        n, unit = s.split()
        big, cents = (int(x) for x in n.split("."))
        one, many = {"USD": ("dollar", "dollars"), "GBP": ("pound", "pounds"), "EUR": ("euro", "euro"), "INR": ("rupee", "rupees")}[unit]
        text = number(big) + " " + (one if big == 1 else many)
        if cents:
            text += {"USD": " and " + small(cents) + " cents", "GBP": " " + small(cents), "EUR": " " + small(cents),
                     "INR": " and " + small(cents) + " paise"}[unit]
        return text
    if slot == "email":
        return s.replace("@", " at ").replace(".", " dot ")
    if slot == "address":
        n, rest = s.split(" ", 1)
        return small(int(n)) + " " + rest if int(n) < 100 else (number(int(n)) if hand == "b" else singles(n, "oh")) + " " + rest
    return s


def expand(frame, hand, k, seed):
    r = random.Random("%s/%s/%d" % (seed, frame["id"], k))
    slots = []
    for t in frame["turns"]:
        for m in SLOT.finditer(t["text"]):
            if m[1] not in slots:
                slots.append(m[1])
    slots.sort(key=lambda s: s not in ("card", "name"))  # code and email look at them
    values, cuts, style = {}, {}, {}
    for s in slots:
        values[s] = [make_value(s, hand, r, values)]
        cuts[s] = {}
        style[s] = r.choice([x for x in frame["styles"] if x != "correct"] or ["singles"])
    plain = r.random() < 1 / 3
    turns, where = [], {}
    for i, t in enumerate(frame["turns"], 1):
        words, at = [], 0
        for m in list(SLOT.finditer(t["text"])) + [None]:
            words += t["text"][at:m.start() if m else None].split()
            if m is None:
                break
            slot, part, n, wrong, how = m.groups()
            v = values[slot][0]
            key = slot
            if how == "last4":
                v, how, key = v[-4:], None, slot + ":last4"
            elif part:
                v = pieces(v, int(n), cuts[slot])[int(part) - 1]
            if wrong:
                j = r.randrange(len(v))
                v = v[:j] + r.choice([c for c in "0123456789" if c != v[j]]) + v[j + 1:]
            said = speak(slot, v, how or (style[slot] if r.random() < 0.85 else r.choice(frame["styles"])), hand, r)
            # "word{slot}" does not occur: a slot begins a word, punctuation behind it joins its last word
            first = len(words) + 1
            words += said.split()
            where.setdefault(key, []).append([i, first, len(words)])
            at = m.end()
            tail = re.match(r"[^\s\w{]+", t["text"][at:])
            if tail:
                words[-1] = words[-1].rstrip(",") + tail[0]
                at += tail.end()
        if plain:
            words = [re.sub(r"[^\w']", "", w).lower() for w in words]
        else:
            words = [w[0].upper() + w[1:] if x == 0 or words[x - 1][-1] in ".?!" else w for x, w in enumerate(words)]
        turns.append({"who": t["who"], "text": " ".join(words)})
    entities = []
    for key, spans in where.items():
        slot = key.split(":")[0]
        e = {"kind": KIND.get(slot, slot), "slot": slot, "value": values[slot][0][-4:] if key.endswith("last4") else values[slot][0],
             "turn_from": spans[0][0], "turn_to": spans[-1][0], "hide": slot in frame["hide"] and not key.endswith("last4"), "where": spans}
        if key.endswith("last4"):
            e["last_four"] = True
        entities.append(e)
    return {"id": "%s-%04d" % (frame["id"], k), "frame": frame["id"], "part": frame["part"], "unnamed": frame["unnamed"], "plain": plain,
            "turns": turns, "entities": entities}


def frames():
    for hand in "ab":
        with open(os.path.join(HERE, "frames_%s.yaml" % hand), encoding="utf-8") as f:
            for frame in yaml.safe_load(f):
                yield hand, frame


def items(seed=20261116, part=None):
    for hand, frame in frames():
        if part and frame["part"] != part:
            continue
        n = 140 if frame["part"] == "last" and "card" in frame["hide"] else 80
        for k in range(1, n + 1):
            yield expand(frame, hand, k, seed)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=20261116)
    p.add_argument("--part", choices=["work", "last"])
    p.add_argument("--out")
    a = p.parse_args()
    out = open(a.out, "w", encoding="utf-8") if a.out else sys.stdout
    for item in items(a.seed, a.part):
        out.write(json.dumps(item, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
