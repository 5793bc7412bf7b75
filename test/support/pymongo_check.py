"""What Flask-Session does with MongoDB, by pymongo. Leaves one document behind."""

import sys
from datetime import datetime

from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError

client = MongoClient(sys.argv[1], serverSelectionTimeoutMS=5000)
sessions = client.get_default_database()["python"]
expiration = datetime(2031, 1, 2, 3, 4, 5, 678000)
every_byte = bytes(range(256))

sessions.create_index("expiration", expireAfterSeconds=0)
assert sessions.index_information()["expiration_1"]["expireAfterSeconds"] == 0
assert sessions.find_one({"id": "session:a"}) is None

inserted = sessions.insert_one({"id": "session:a", "val": b"\x00\xff", "expiration": expiration})
assert sessions.find_one({"id": "session:a"}) == {
    "_id": inserted.inserted_id,
    "id": "session:a",
    "val": b"\x00\xff",
    "expiration": expiration,
}
try:
    sessions.insert_one({"_id": inserted.inserted_id})
    raise AssertionError("the _id is taken")
except DuplicateKeyError:
    pass

for value in (b"", every_byte):
    fields = {"$set": {"val": value, "expiration": expiration}}
    result = sessions.update_one({"id": "session:b"}, fields, upsert=True)
assert (result.matched_count, result.upserted_id) == (1, None)
assert sessions.find_one({"id": "session:b"})["val"] == every_byte
assert sessions.find_one({"expiration": {"$gt": datetime(2031, 1, 3)}}) is None

assert sessions.delete_one({"id": "session:a"}).deleted_count == 1
assert sessions.delete_one({"id": "session:a"}).deleted_count == 0
print("ok")
