"""What a secret looks like, and how it is kept out of what people and models read."""

from bot.secrets.forms import Secret, find
from bot.secrets.known import Known
from bot.secrets.redactor import Redactor

__all__ = ["Known", "Redactor", "Secret", "find"]
