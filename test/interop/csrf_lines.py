"""Flask-WTF, asked line by line: ["make", {"session"}] and ["check", {"session", "token"}]."""

import json
import os
import sys

from flask import Flask, session
from flask_wtf.csrf import ValidationError, generate_csrf, validate_csrf

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]


def make(question):
    with app.test_request_context():
        session.update(question["session"])
        return {"token": generate_csrf(), "session": dict(session)}


def check(question):
    with app.test_request_context():
        session.update(question["session"])
        try:
            validate_csrf(question["token"])
            return True
        except ValidationError:
            return False


for line in sys.stdin:
    name, question = json.loads(line)
    print(json.dumps({"make": make, "check": check}[name](question)), flush=True)
