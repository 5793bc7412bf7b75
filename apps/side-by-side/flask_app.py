"""The Flask half: Flask-Session on Redis, as anybody would write it."""
import json
import os

import flask
import redis
from flask import Flask, flash, get_flashed_messages, jsonify, request, session
from flask_session import Session

app = Flask(__name__)
app.config.update(
    SESSION_TYPE="redis",
    SESSION_REDIS=redis.Redis.from_url(os.environ["REDIS_URL"]),
    SESSION_COOKIE_SAMESITE="Lax",
    PERMANENT_SESSION_LIFETIME=3600,
)
Session(app)

PAGE = os.environ["PAGE"]


@app.after_request
def allow_the_page(response):
    if request.headers.get("Origin") == PAGE:
        response.headers["Access-Control-Allow-Origin"] = PAGE
        response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Cache-Control"] = "no-store"
    return response


@app.before_request
def refuse_other_pages():
    if request.method == "POST" and request.headers.get("Origin") != PAGE:
        return jsonify(error="This request came from another page."), 403


def state(messages=()):
    data = {key: value for key, value in session.items() if not key.startswith("_")}
    return jsonify(user=session.get("_user_id"), data=data, messages=list(messages))


@app.get("/session")
def show():
    return state(get_flashed_messages())


@app.post("/count")
def count():
    session["count"] = session.get("count", 0) + 1
    return state()


@app.post("/cart")
def cart():
    session["cart"] = [*session.get("cart", []), request.args["item"]]
    return state()


@app.post("/login")
def login():
    session["_user_id"] = request.args["user"]
    return state()


@app.post("/logout")
def logout():
    session.clear()
    return state()


@app.post("/flash")
def say():
    flash("Flask says hello")
    return state()
