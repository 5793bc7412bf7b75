"""What the servers in JavaScript do, by Flask and Flask-Session. SECRET_KEY and REDIS_URL come from the environment."""
import os
import time

from flask import Flask, jsonify, request, session

REST = {"csrf_token": "f6f1c2ae0a3c5b9d8e7f60718293a4b5c6d7e8f9", "theme": "dark", "user_id": "4711"}

bare = Flask("bare")


@bare.get("/count")
def one():
    return jsonify(count=1)


sessions = Flask("sessions")
sessions.secret_key = os.environ["SECRET_KEY"]

if "REDIS_URL" in os.environ:
    from flask_session import Session
    from redis import Redis

    sessions.config.update(SESSION_TYPE="redis", SESSION_REDIS=Redis.from_url(os.environ["REDIS_URL"]))
    Session(sessions)


@sessions.get("/count")
def count():
    if "count" not in session:
        session.update(REST)
    session["count"] = session.get("count", 0) + 1
    return jsonify(count=session["count"])


@sessions.get("/untouched")
def untouched():
    return jsonify(value=None)


@sessions.get("/read")
def read():
    return jsonify(value=session.get(request.args["key"]))


@sessions.get("/set")
def change():
    pause()
    session[request.args["key"]] = request.args.get("value", "")
    return jsonify(value=None)


@sessions.get("/add")
def add():
    n = session.get("n", 0)
    pause()
    session["n"] = n + 1
    return jsonify(value=None)


@sessions.get("/login")
def login():
    session["user"] = "4711"
    return jsonify(value=None)


@sessions.get("/logout")
def logout():
    session.clear()
    return jsonify(value=None)


def pause():
    wait = int(request.args.get("wait", "0"))
    if wait:
        time.sleep(wait / 1000)
