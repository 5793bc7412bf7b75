"""Random sessions, with all that a Python application may put into one."""
from collections import OrderedDict, namedtuple
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from markupsafe import Markup

Point = namedtuple("Point", "x y")

TAGS = [" t", " b", " m", " u", " d", " di"]
KEYS = [*TAGS, "__proto__", "constructor", "toString", "", "0", "1", "10", "-1", "__", " t__", "_permanent", "user_id"]


def random_session(random):
    return random_dict(random, depth=3)


def random_dict(random, depth):
    size = random.choice([0, 1, 1, 2, 3, 5])
    if random.random() < 0.1:
        return {random.randint(-100, 10**17): random_value(random, depth - 1) for _ in range(size)}
    kind = random.choice([dict, OrderedDict])
    return kind((random_key(random), random_value(random, depth - 1)) for _ in range(size))


def random_key(random):
    if random.random() < 0.5:
        return random.choice(KEYS)
    return random_text(random) + random.choice(["", "__"])


def random_value(random, depth):
    if depth > 0 and random.random() < 0.5:
        items = [random_value(random, depth - 1) for _ in range(random.randint(0, 4))]
        return random.choice([list(items), tuple(items), Point(items, len(items)), random_dict(random, depth)])
    return random.choice(SCALARS)(random)


def random_text(random):
    highest = random.choice([0x7F, 0xFF, 0xFFFF, 0x10FFFF])
    text = "".join(chr(random.randint(0, highest)) for _ in range(random.randint(0, 12)))
    # In JSON, and so in every session that was stored once, two halves of a pair are one character.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def random_instant(random):
    local = datetime(1000, 1, 1) + timedelta(seconds=random.uniform(0, 8999 * 365 * 86400))
    zone = random.choice([None, timezone.utc, timezone(timedelta(minutes=random.randint(-720, 720)))])
    return local.replace(tzinfo=zone)


SCALARS = [
    lambda random: None,
    lambda random: random.random() < 0.5,
    lambda random: random.randint(-10, 10),
    lambda random: random.randint(-(2**53) - 9, 2**53 + 9),
    lambda random: (-1) ** random.randint(0, 1) * random.randint(0, 10 ** random.randint(1, 60)),
    lambda random: float(random.randint(-10, 10)),
    lambda random: random.choice([-0.0, 1e16, 1e22, 1e-5, 2.0**53, 1e100, float("nan"), float("inf"), float("-inf")]),
    lambda random: random.uniform(-1, 1) * 10.0 ** random.randint(-300, 300),
    random_text,
    random_text,
    lambda random: Markup(random_text(random)),
    lambda random: random.randbytes(random.randint(0, 20)),
    lambda random: UUID(int=random.getrandbits(128)),
    random_instant,
    lambda random: date(random.randint(1000, 9999), 2, 28),
    lambda random: Decimal(random.randint(-1000, 1000)) / 8,
]
