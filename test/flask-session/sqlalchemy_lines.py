"""SQLAlchemy with the table of Flask-Session, used as Flask-Session uses it (0.8: flask_session/sqlalchemy/sqlalchemy.py), asked in JSON:
one question on each line of standard input, one answer on each line of standard output."""
import json
import sys
from datetime import datetime

from sqlalchemy import Column, DateTime, Integer, LargeBinary, String, create_engine, inspect
from sqlalchemy.orm import Session, declarative_base

engines = {}
models = {}


def engine_of(url):
    if url not in engines:
        engines[url] = create_engine(url)
    return engines[url]


def model_of(table, schema):
    if (table, schema) not in models:
        columns = {
            "__tablename__": table,
            "__table_args__": {"schema": schema} if schema else {},
            "id": Column(Integer, primary_key=True),
            "session_id": Column(String(255), unique=True),
            "data": Column(LargeBinary),
            "expiry": Column(DateTime),
        }
        models[table, schema] = type("Session", (declarative_base(),), columns)
    return models[table, schema]


def create(url, table, schema=None):
    """Makes the table."""
    model_of(table, schema).__table__.create(bind=engine_of(url), checkfirst=True)


def describe(url, table, schema=None):
    """What SQLAlchemy sees of a table."""
    seen = inspect(engine_of(url))
    columns = [{**column, "type": repr(column["type"])} for column in seen.get_columns(table, schema)]
    uniques = [unique["column_names"] for unique in seen.get_unique_constraints(table, schema)]
    keys = seen.get_pk_constraint(table, schema)["constrained_columns"]
    return json.loads(json.dumps([columns, uniques, keys], default=str).replace(table, "TABLE"))


def upsert(url, table, key, data, expiry, schema=None):
    """Writes a session; its expiry is in ISO's form, or None."""
    model = model_of(table, schema)
    values = {"data": bytes.fromhex(data), "expiry": expiry and datetime.fromisoformat(expiry)}
    with Session(engine_of(url)) as session:
        row = session.query(model).filter_by(session_id=key).first()
        if row:
            row.data, row.expiry = values["data"], values["expiry"]
        else:
            session.add(model(session_id=key, **values))
        session.commit()


def retrieve(url, table, key, now, schema=None):
    """A session's data and expiry at a time, or None; what has expired is deleted."""
    model = model_of(table, schema)
    with Session(engine_of(url)) as session:
        row = session.query(model).filter_by(session_id=key).first()
        if row and (row.expiry is None or row.expiry <= datetime.fromisoformat(now)):
            session.delete(row)
            session.commit()
            row = None
        return row and {"data": row.data.hex(), "expiry": row.expiry.isoformat(" ", "microseconds")}


questions = {"create": create, "describe": describe, "upsert": upsert, "retrieve": retrieve}

for line in sys.stdin:
    name, arguments = json.loads(line)
    print(json.dumps(questions[name](**arguments)), flush=True)
