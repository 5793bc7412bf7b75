"""A small Flask application with Flask-Login, as its documentation shows it. SECRET_KEY and SESSION_PROTECTION come from the environment."""
import os
from datetime import timedelta

from flask import Flask, jsonify, request, session
from flask_login import (
    LoginManager,
    UserMixin,
    confirm_login,
    current_user,
    fresh_login_required,
    login_fresh,
    login_required,
    login_user,
    logout_user,
)

app = Flask(__name__)
app.config.update(SECRET_KEY=os.environ["SECRET_KEY"], SESSION_PROTECTION=os.environ["SESSION_PROTECTION"])
login_manager = LoginManager(app)
login_manager.login_view = "/login"


class User(UserMixin):
    def __init__(self, id):
        self.id = id


@login_manager.user_loader
def load_user(id):
    return None if id == "gone" else User(id)


@app.post("/login")
def login():
    seconds = request.args.get("duration")
    duration = None if seconds is None else timedelta(seconds=float(seconds))
    return jsonify(login_user(User(request.args["user"]), remember="remember" in request.args, duration=duration))


@app.post("/logout")
def logout():
    logout_user()
    return jsonify(True)


@app.post("/confirm")
def confirm():
    confirm_login()
    return jsonify(True)


@app.get("/who")
def who():
    return jsonify([current_user.get_id(), login_fresh() if current_user.is_authenticated else False])


@app.get("/private")
@login_required
def private():
    return jsonify(current_user.get_id())


@app.get("/fresh")
@fresh_login_required
def fresh():
    return jsonify(current_user.get_id())


@app.post("/cart")
def cart():
    session["cart"] = request.args["item"]
    return jsonify(True)


@app.get("/data")
def data():
    return jsonify(dict(session))
