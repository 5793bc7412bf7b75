"""Does with cachelib's FileSystemCache what each line of its input asks for, and answers in JSON."""

import json
import sys

from cachelib.file import FileSystemCache

cache = None


def start(directory, threshold=500, mode=None):
    global cache
    cache = FileSystemCache(directory, threshold=threshold, mode=mode)


QUESTIONS = {
    "start": start,
    "get": lambda key: cache.get(key),
    "set": lambda key, value, timeout: cache.set(key, value, timeout),
    "delete": lambda key: cache.delete(key),
    "count": lambda: cache._file_count,
}

for line in sys.stdin:
    name, question = json.loads(line)
    print(json.dumps(QUESTIONS[name](**question)), flush=True)
