"""Real Flask, asked in JSON: one question on each line of standard input, one answer on each line of standard output."""
import json
import random
import sys
import time

from flask.sessions import SecureCookieSessionInterface

from flask_app import app
from random_session import random_session
from typed_values import describe, undescribe

serializer = SecureCookieSessionInterface().get_signing_serializer(app)
machine_time = time.time


def written(session):
    return {"json": serializer.serializer.dumps(session), "cookie": serializer.dumps(session)}


def write(sessions):
    """What Flask makes of sessions that are given as descs."""
    return [written(undescribe(desc)) for desc in sessions]


def read(cookies):
    """What Flask finds in cookies, and what it writes when it saves them again."""
    max_age = app.permanent_session_lifetime.total_seconds()
    sessions = [serializer.loads(cookie, max_age=max_age) for cookie in cookies]
    return [{"desc": describe(session), **written(session)} for session in sessions]


def make(seed, count):
    """Cookies of random sessions, partly as an application writes them that has set up its JSON otherwise."""
    source = random.Random(seed)
    cookies = []
    for _ in range(count):
        session = random_session(source)
        app.json.sort_keys = source.random() < 0.5
        app.json.ensure_ascii = source.random() < 0.5
        try:
            cookies.append(serializer.dumps(session))
        except UnicodeEncodeError:
            app.json.ensure_ascii = True  # A lone surrogate can only be written as an escape.
            cookies.append(serializer.dumps(session))
    app.json.sort_keys = app.json.ensure_ascii = True
    return cookies


def request(method, path, cookie, clock):
    """One request to the application while Flask's clock shows this many seconds since 1970."""
    time.time = lambda: clock
    try:
        headers = {"Cookie": cookie} if cookie else {}
        response = app.test_client(use_cookies=False).open(path, method=method, headers=headers)
    finally:
        time.time = machine_time
    return {
        "status": response.status_code,
        "json": response.get_json(),
        "setCookie": response.headers.getlist("Set-Cookie"),
    }


questions = {"write": write, "read": read, "make": make, "request": request}

with app.app_context():
    for line in sys.stdin:
        name, arguments = json.loads(line)
        print(json.dumps(questions[name](**arguments)), flush=True)
