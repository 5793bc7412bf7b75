"""Runs cells of a table in Flask: one on each line of standard input, what it does as JSON on each line of standard output."""
import json
import sys
from datetime import datetime

from flask import Flask, flash, get_flashed_messages, make_response, request, session

app = Flask(__name__)
app.secret_key = "for tests alone, and nothing else"


def run(cell, asks, when):
    with app.test_request_context("/", headers={"Cookie": "theme=dark"}):
        session.update({"count": 1, "cart": ["milk"]})
        flash("Hello", "info")
        session.modified = session.accessed = False
        names = {**globals(), "response": make_response(""), "when": datetime.utcfromtimestamp(when)}
        value = eval(cell, names) if asks else exec(cell + " pass" if cell.endswith(":") else cell, names)
        flashes = get_flashed_messages(with_categories=True)
        return {
            "cookies": names["response"].headers.getlist("Set-Cookie"),
            "data": {key: value for key, value in session.items() if key != "_permanent"},
            "flashes": flashes,
            "permanent": session.permanent,
            "value": value,
        }


for line in sys.stdin:
    try:
        answer = run(**json.loads(line)[1])
    except Exception as error:
        answer = {"error": type(error).__name__}
    print(json.dumps(answer), flush=True)
