"""Python values as the vectors write them; see test/vectors/README.md."""
import struct
from datetime import datetime, timedelta, timezone
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
    if kind in (list, tuple):
        return [kind.__name__, [describe(item) for item in value]]
    if isinstance(value, dict):
        return ["dict", [[describe(key), describe(item)] for key, item in value.items()]]
    if kind is bytes:
        return ["bytes", value.hex()]
    if kind is UUID:
        return ["uuid", value.hex]
    if kind is datetime:
        offset = value.utcoffset()
        minutes = None if offset is None else int(offset.total_seconds() / 60)
        return ["datetime", value.replace(tzinfo=None).isoformat(), minutes]
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
    if kind == "bytes":
        return bytes.fromhex(rest[0])
    if kind == "uuid":
        return UUID(rest[0])
    if kind == "datetime":
        local, minutes = datetime.fromisoformat(rest[0]), rest[1]
        return local if minutes is None else local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    raise ValueError(kind)
