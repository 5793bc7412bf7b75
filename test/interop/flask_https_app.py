"""A Flask application whose session's cookie is as it should be, behind a proxy that speaks https. SECRET_KEY comes from the environment."""
import os
import time

from flask import Flask, session
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask(__name__)
app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1)
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],
    SESSION_COOKIE_NAME="__Host-session",
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="Lax",
)


@app.get("/")
def greet():
    if "since" not in session:
        session["since"] = int(time.time())
    return "<p>Welcome</p>"
