"""Python's msgpack, asked in JSON: one question on each line of standard input, one answer on each line of standard output."""
import json
import random
import sys
from datetime import timezone

import msgpack

from msgspec_text import duration, well_formed
from random_pickled import random_pickled
from typed_values import describe, undescribe


def plain(desc, is_key=False):
    """What is left of a Python value when msgspec writes it, said by Python's own types; an error for what it refuses."""
    kind, *rest = desc
    if kind in ("list", "tuple", "set", "frozenset"):
        items = [plain(item, is_key) for item in rest[0]]
        return tuple(items) if is_key else items
    if kind == "dict":
        return {plain(key, True): plain(value) for key, value in rest[0]}
    if kind == "markup":
        raise TypeError(kind)
    value = undescribe(desc)
    if kind == "int" and not fits(value):
        raise OverflowError(kind)
    if kind == "str":
        value.encode()
    if kind == "bytearray":
        return bytes(value)
    if kind == "datetime":
        return value.isoformat() if value.tzinfo is None else value.astimezone(timezone.utc)
    if kind == "timedelta":
        return duration(value)
    return str(value) if kind in ("uuid", "date", "decimal") else value


def fits(number):
    return -(2**63) <= number < 2**64


def tame(desc, is_key=False):
    """A value of the same kind that MessagePack can hold; in keys, where two that differ must stay two, of the kind that it holds."""
    kind, *rest = desc
    if kind == "dict":
        tamed = [[tame(key, True), tame(value)] for key, value in rest[0]]
        return [kind, list({json.dumps(entry[0]): entry for entry in tamed}.values())]
    if kind in ("list", "tuple", "set", "frozenset"):
        items = [tame(item, is_key) for item in rest[0]]
        if kind in ("set", "frozenset"):
            items = list({json.dumps(item): item for item in items}.values())
        return ["tuple" if is_key else kind, items]
    if kind == "int":
        number = int(rest[0])
        return [kind, str(number if fits(number) else (number + 2**63) % 2**64 - 2**63)]
    if kind in ("str", "markup"):
        return ["str", well_formed(rest[0])]
    return desc


def listed(value):
    """What was read with tuples for all arrays, as keys must be, with lists where there is no key."""
    if isinstance(value, tuple):
        return [listed(item) for item in value]
    if isinstance(value, dict):
        return {key: listed(item) for key, item in value.items()}
    return value


def packed(desc):
    try:
        return msgpack.packb(plain(desc), datetime=True).hex()
    except (OverflowError, TypeError, UnicodeEncodeError):
        return None


def unpacked(data):
    return describe(listed(msgpack.unpackb(bytes.fromhex(data), timestamp=3, strict_map_key=False, use_list=False)))


def make(seed, count):
    """Random sessions, packed, and what Python finds in them."""
    source = random.Random(seed)
    made = [packed(["dict", [[["str", "v"], tame(describe(random_pickled(source)))]]]) for _ in range(count)]
    return [{"desc": unpacked(data), "bytes": data} for data in made]


questions = {
    "tame": lambda descs: [tame(desc) for desc in descs],
    "pack": lambda descs: [packed(desc) for desc in descs],
    "unpack": lambda packed: [unpacked(data) for data in packed],
    "make": make,
}

for line in sys.stdin:
    name, arguments = json.loads(line)
    print(json.dumps(questions[name](**arguments)), flush=True)
