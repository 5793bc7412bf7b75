"""flask_app.py with Flask-Session. SESSION_TYPE and BACKEND, where its backend is, come from the environment."""
import os

from flask_app import app
from flask_session import Session

kind = os.environ["SESSION_TYPE"]
backend = os.environ["BACKEND"]


def redis():
    from redis import Redis

    return {"SESSION_REDIS": Redis.from_url(backend)}


def memcached():
    if os.environ.get("CLIENT") == "pylibmc":
        from pylibmc import Client

        return {"SESSION_MEMCACHED": Client([backend])}
    from pymemcache import Client

    # By default it does not wait until Memcached has what it sent.
    return {"SESSION_MEMCACHED": Client(backend, default_noreply=False)}


def filesystem():
    return {"SESSION_FILE_DIR": backend}


def mongodb():
    from pymongo import MongoClient

    return {"SESSION_MONGODB": MongoClient(backend)}


def sqlalchemy():
    from flask_sqlalchemy import SQLAlchemy

    app.config["SQLALCHEMY_DATABASE_URI"] = backend
    return {"SESSION_SQLALCHEMY": SQLAlchemy(app)}


app.config.update(
    SESSION_TYPE=kind,
    SESSION_USE_SIGNER=os.environ.get("SESSION_USE_SIGNER") == "1",
    **{"redis": redis, "memcached": memcached, "filesystem": filesystem, "mongodb": mongodb, "sqlalchemy": sqlalchemy}[kind](),
)
Session(app)
if kind == "sqlalchemy":
    with app.app_context():
        app.config["SESSION_SQLALCHEMY"].create_all()
