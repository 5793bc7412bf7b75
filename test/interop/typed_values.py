"""Python values as the vectors write them; see test/vectors/README.md."""
import struct
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from markupsafe import Markup


def describe(value):
    kind = type(value)
    if value is None:
        return ["null"]
    if kind in (bool, str):
        return [kind.__name__, value]
    if kind is Markup:
        return ["markup", str(value)]
    if kind is int:
        return ["int", str(value)]
    if kind is float:
        return ["float", repr(value), struct.pack(">d", value).hex()]
    if kind in (list, tuple, set, frozenset):
        return [kind.__name__, [describe(item) for item in value]]
    if isinstance(value, dict):
        return ["dict", [[describe(key), describe(item)] for key, item in value.items()]]
    if kind in (bytes, bytearray):
        return [kind.__name__, value.hex()]
    if kind is UUID:
        return ["uuid", value.hex]
    if kind is datetime:
        offset = value.utcoffset()
        minutes = None if offset is None else offset.total_seconds() / 60
        return ["datetime", value.replace(tzinfo=None).isoformat(), minutes, *([1] if value.fold else [])]
    if kind is date:
        return ["date", value.isoformat()]
    if kind is timedelta:
        return ["timedelta", str(value // timedelta(microseconds=1))]
    if kind is Decimal:
        return ["decimal", str(value)]
    return ["other", kind.__name__]


def undescribe(desc):
    kind, *rest = desc
    if kind == "null":
        return None
    if kind in ("bool", "str"):
        return rest[0]
    if kind == "markup":
        return Markup(rest[0])
    if kind == "int":
        return int(rest[0])
    if kind == "float":
        return struct.unpack(">d", bytes.fromhex(rest[1]))[0]
    if kind == "list":
        return [undescribe(item) for item in rest[0]]
    if kind == "tuple":
        return tuple(undescribe(item) for item in rest[0])
    if kind == "dict":
        return {undescribe(key): undescribe(item) for key, item in rest[0]}
    if kind in ("set", "frozenset"):
        return {"set": set, "frozenset": frozenset}[kind](undescribe(item) for item in rest[0])
    if kind == "bytes":
        return bytes.fromhex(rest[0])
    if kind == "bytearray":
        return bytearray.fromhex(rest[0])
    if kind == "uuid":
        return UUID(rest[0])
    if kind == "datetime":
        local, minutes = datetime.fromisoformat(rest[0]), rest[1]
        local = local.replace(fold=1 if len(rest) > 2 else 0)
        return local if minutes is None else local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    if kind == "date":
        return date.fromisoformat(rest[0])
    if kind == "timedelta":
        return timedelta(microseconds=int(rest[0]))
    if kind == "decimal":
        return Decimal(rest[0])
    raise ValueError(kind)
