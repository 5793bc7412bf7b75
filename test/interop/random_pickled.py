"""Random values of all that is pickled as data, with parts that occur more than once."""
from collections import OrderedDict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID, uuid1

from markupsafe import Markup

from random_session import SCALARS, random_key, random_text


def random_pickled(random):
    return random_dict(random, 3, [])


def random_dict(random, depth, made):
    size = random.choice([0, 1, 1, 2, 3, 5])
    key = random_key if random.random() < 0.8 else random_hashable
    kind = random.choice([dict, dict, OrderedDict])
    return kind((key(random), random_value(random, depth - 1, made)) for _ in range(size))


def random_value(random, depth, made):
    """A new value, or one that stands elsewhere in the same pickle already."""
    if made and random.random() < 0.2:
        return random.choice(made)
    value = random_container(random, depth, made) if depth > 0 and random.random() < 0.5 else random_scalar(random)
    made.append(value)
    return value


def random_container(random, depth, made):
    kind = random.choice([list, list, tuple, dict, set, frozenset])
    if kind is dict:
        return random_dict(random, depth, made)
    size = random.choice([0, 1, 2, 3, 4, 5])
    if kind in (set, frozenset):
        return kind(random_hashable(random) for _ in range(size))
    return kind(random_value(random, depth - 1, made) for _ in range(size))


def random_hashable(random):
    """None of these is equal to one of another type, as 1 and True are."""
    make = random.choice(
        [
            lambda: None,
            lambda: random.randint(-(2**60), 2**60),
            lambda: random.random(),
            lambda: random_text(random),
            lambda: random.randbytes(random.randint(0, 5)),
            lambda: UUID(int=random.getrandbits(128)),
            lambda: date.fromordinal(random.randint(1, 3_652_059)),
            lambda: (random.randint(0, 300), random_text(random)),
            lambda: frozenset({random.randint(0, 300), random_text(random)}),
        ]
    )
    return make()


def random_scalar(random):
    return random.choice(SCALARS + MORE)(random)


def random_offset(random):
    return timezone(timedelta(seconds=random.choice([0, 3600, -12600, 19800, random.randint(-86399, 86399)])))


def random_datetime(random):
    microseconds = random.choice([0, 1000, random.randint(0, 999_999)])
    moment = datetime(1, 1, 2) + timedelta(random.randint(0, 3_652_056), random.randint(0, 86399), microseconds)
    zone = random.choice([None, timezone.utc, random_offset(random)])
    return moment.replace(tzinfo=zone, fold=random.choice([0, 0, 0, 1]))


MORE = [
    random_datetime,
    lambda random: bytearray(random.randbytes(random.choice([0, 3, 300]))),
    lambda random: bytes(random.randbytes(random.choice([0, 255, 256, 1000]))),
    lambda random: timedelta(random.randint(-999_999_999, 999_999_998), random.randint(0, 86399), random.randint(0, 999_999)),
    lambda random: Decimal(random.choice(["0", "-0", "1.50", "1E+20", "1E-999999", "NaN", "-sNaN12", "Infinity", "-Infinity"])),
    lambda random: Decimal(random.randint(-(10**40), 10**40)).scaleb(random.randint(-50, 50)),
    lambda random: random.choice([1, -1]) * 2 ** random.randint(0, 3000) + random.randint(-1, 1),
    lambda random: random.choice([2**8, 2**16, 2**31, 2**32, 2**53, 2**63, 2**64, 2**2039, 2**2040]) * random.choice([1, -1]) + random.randint(-1, 1),
    lambda random: random.choice(["", "a" * 255, "é" * 128, "a" * 256, "\\u0041 \\U0001f36a \\", "a\nb\rc\0d\x1a", "\ud800", "\udfff\ud800", "🍪"]),
    lambda random: Markup("<b>" + random_text(random) + "</b>"),
    lambda random: uuid1(),
    lambda random: list(range(random.choice([1000, 1001, 2001]))) if random.random() < 0.02 else [],
    lambda random: dict.fromkeys(range(1001)) if random.random() < 0.02 else {},
    lambda random: set(range(1001)) if random.random() < 0.02 else set(),
    lambda random: "x" * 70_000 if random.random() < 0.02 else "x",
]
