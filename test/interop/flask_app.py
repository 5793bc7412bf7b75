"""A small Flask application as anybody would write it. SECRET_KEY and SECRET_KEY_FALLBACKS come from the environment."""
import os

from flask import Flask, flash, get_flashed_messages, jsonify, request, session
from flask.sessions import SecureCookieSessionInterface

from typed_values import describe, undescribe


class SessionsWithFallbacks(SecureCookieSessionInterface):
    """SECRET_KEY_FALLBACKS of Flask 3.1 for Flask 2.2: itsdangerous takes several keys, the newest last."""

    fallbacks = [key.encode() for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]

    def get_signing_serializer(self, app):
        serializer = super().get_signing_serializer(app)
        serializer.secret_keys = [*self.fallbacks, *serializer.secret_keys]
        return serializer


app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
app.session_interface = SessionsWithFallbacks()


@app.post("/login")
def login():
    session["user_id"] = request.args["user"]
    session.permanent = "permanent" in request.args
    return data()


@app.post("/logout")
def logout():
    session.clear()
    return data()


@app.post("/count")
def count():
    session["count"] = session.get("count", 0) + 1
    return jsonify(session["count"])


@app.post("/cart")
def cart():
    session.setdefault("cart", {"items": []})["items"].append(request.args["item"])
    session.modified = True
    return data()


@app.post("/flash")
def flash_message():
    flash(request.args["message"], request.args["category"])
    return data()


@app.get("/flashes")
def flashes():
    return jsonify(get_flashed_messages(with_categories=True))


@app.get("/data")
def data():
    return jsonify(dict(session))


@app.get("/dump")
def dump():
    return jsonify(describe(dict(session)))


@app.put("/store")
def store():
    session.clear()
    session.update(undescribe(request.get_json()))
    return "", 204


@app.post("/cookie")
def set_cookie():
    response = jsonify(None)
    response.set_cookie("city", request.args["value"])
    return response


@app.get("/cookie")
def cookie():
    return jsonify(request.cookies.get("city"))
