"""The Flask half: Flask-Session on Redis and Flask-Login, as anybody would write it."""
import json
import os

import flask
import redis
from flask import Flask, flash, get_flashed_messages, jsonify, request, session
from flask_login import LoginManager, UserMixin, current_user, login_fresh, login_user, logout_user
from flask_session import Session

app = Flask(__name__)
# The very configuration that the TypeScript half has.
app.config.update(json.loads(os.environ["CONFIG"]))
app.config["SESSION_REDIS"] = redis.Redis.from_url(os.environ["REDIS_URL"])
Session(app)
login_manager = LoginManager(app)


class User(UserMixin):
    def __init__(self, id):
        self.id = id


@login_manager.user_loader
def load_user(id):
    return User(id)

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
    fresh = current_user.is_authenticated and login_fresh()
    return jsonify(user=current_user.get_id(), fresh=fresh, data=data, messages=list(messages))


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
    login_user(User(request.args["user"]), remember="remember" in request.args)
    return state()


@app.post("/logout")
def logout():
    logout_user()
    return state()


@app.post("/close")
def close():
    """Ends the session, and leaves the cookie that remembers."""
    session.clear()
    return jsonify(True)


@app.post("/flash")
def say():
    flash("Flask says hello")
    return state()
