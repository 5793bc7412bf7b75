"""Real Python's pickle, asked in JSON: one question on each line of standard input, one answer on each line of standard output."""
import io
import json
import pickle
import pickletools
import random
import sys

from random_pickled import random_pickled
from typed_values import describe


class PlainUnpickler(pickle.Unpickler):
    """Reads what needs no class."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"a plain pickle names {module}.{name}")


class DataUnpickler(pickle.Unpickler):
    """Reads what needs no class but those of data."""

    KNOWN = {
        "datetime": {"datetime", "date", "timedelta", "timezone"},
        "uuid": {"UUID"},
        "decimal": {"Decimal"},
        "markupsafe": {"Markup"},
        "collections": {"OrderedDict"},
        "_codecs": {"encode"},
        "copyreg": {"_reconstructor"},
        "builtins": {"object", "str", "bytes", "bytearray", "set", "frozenset"},
    }

    def find_class(self, module, name):
        module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)
        name = {"unicode": "str"}.get(name, name)
        if name not in self.KNOWN.get(module, ()):
            raise pickle.UnpicklingError(f"a pickle of data names {module}.{name}")
        return super().find_class(module, name)


def without_memo(value, protocol):
    out = io.BytesIO()
    pickler = pickle.Pickler(out, protocol)
    pickler.fast = True
    pickler.dump(value)
    return out.getvalue()


WAYS = [
    pickle.dumps,
    pickle._dumps,
    without_memo,
    lambda value, protocol: pickletools.optimize(pickle.dumps(value, protocol)),
    lambda value, protocol: pickle.dumps(value, protocol, fix_imports=False),
]


def load(pickles, plain):
    """What Python finds in pickles; in those that are plain without any class."""
    found = []
    for pickled, is_plain in zip(pickles, plain):
        data = bytes.fromhex(pickled)
        found.append(describe(PlainUnpickler(io.BytesIO(data)).load() if is_plain else pickle.loads(data)))
    return found


def dump(seed, count):
    """Pickles of random values, made in a random way, and what Python finds in them: before protocol 4 it forgets `fold`."""
    source = random.Random(seed)
    made = []
    for _ in range(count):
        value = random_pickled(source)
        for protocol in source.randint(0, 3), source.randint(4, 5):
            data = source.choice(WAYS)(value, protocol)
            made.append({"desc": describe(pickle.loads(data)), "pickle": data.hex()})
    return made


def examine(pickles):
    """What Python finds in pickles that may be damaged, or the error that it raises."""
    found = []
    for pickled in pickles:
        try:
            found.append(describe(DataUnpickler(io.BytesIO(bytes.fromhex(pickled))).load()))
        except Exception as error:
            found.append(["error", repr(error)])
    return found


questions = {"load": load, "dump": dump, "examine": examine}

for line in sys.stdin:
    name, arguments = json.loads(line)
    print(json.dumps(questions[name](**arguments)), flush=True)
