"""How msgspec writes some values as text."""
from datetime import timedelta


def duration(value):
    size = abs(value)
    seconds = str(size.seconds)
    if size.microseconds:
        seconds += f".{size.microseconds:06}".rstrip("0")
    days = f"{size.days}D" if size.days else ""
    time = f"T{seconds}S" if size % timedelta(days=1) else ""
    return ("-" if value < timedelta(0) else "") + "P" + (days + time or "0D")


def well_formed(text):
    """A text like it that has a place in UTF-8."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
