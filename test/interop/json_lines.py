"""Python's own JSON, asked in JSON: one question on each line of standard input, one answer on each line of standard output."""
import base64
import json
import math
import random
import sys
from datetime import timedelta

from msgspec_text import duration, well_formed
from random_pickled import random_pickled
from typed_values import describe, undescribe


def tame(desc):
    """A value of the same kind that has a place in JSON, every key a text of its own."""
    kind, *rest = desc
    if kind == "dict":
        tamed = [[tame_key(key), tame(value)] for key, value in rest[0]]
        return [kind, list({key[1]: [key, value] for key, value in tamed}.values())]
    if kind in ("list", "tuple", "set", "frozenset"):
        return [kind, [tame(item) for item in rest[0]]]
    return ["str", well_formed(rest[0])] if kind in ("str", "markup") else desc


def tame_key(desc):
    return ["str", well_formed(desc[1] if desc[0] == "str" else json.dumps(desc))]


def plain(desc):
    """What is left of a Python value when msgspec writes it as JSON, said by what JSON has."""
    kind, *rest = desc
    if kind in ("list", "tuple", "set", "frozenset"):
        return [plain(item) for item in rest[0]]
    if kind == "dict":
        return {key[1]: plain(value) for key, value in rest[0]}
    value = undescribe(desc)
    if kind in ("bytes", "bytearray"):
        return base64.b64encode(value).decode()
    if kind == "datetime":
        return moment(value)
    if kind == "timedelta":
        return duration(value)
    if kind == "float":
        return value if math.isfinite(value) else None
    return str(value) if kind in ("uuid", "date", "decimal") else value


def moment(value):
    """As RFC 3339, which has no seconds in an offset: msgspec rounds them, half a minute down, and a day is no offset."""
    offset = value.utcoffset()
    text = value.replace(tzinfo=None).isoformat()
    if offset is None:
        return text
    minutes = math.ceil(abs(offset) / timedelta(minutes=1) - 0.5) % (24 * 60)
    if minutes == 0:
        return text + "Z"
    return f"{text}{'-' if offset < timedelta(0) else '+'}{minutes // 60:02}:{minutes % 60:02}"


def make(seed, count):
    """Random sessions as Python writes them, and what it finds in them."""
    source = random.Random(seed)
    made = []
    for _ in range(count):
        data = plain(tame(["dict", [[["str", "v"], describe(random_pickled(source))]]]))
        made.append({"desc": describe(data), "text": json.dumps(data, ensure_ascii=source.random() < 0.5)})
    return made


questions = {
    "tame": lambda descs: [tame(desc) for desc in descs],
    "plain": lambda descs: [describe(plain(desc)) for desc in descs],
    "load": lambda texts: [describe(json.loads(text)) for text in texts],
    "make": make,
}

for line in sys.stdin:
    name, arguments = json.loads(line)
    print(json.dumps(questions[name](**arguments)), flush=True)
