"""Names → weights → a frozen network with a fingerprint, ready to be broadcast."""

from fruits.models.cache import cache_folder
from fruits.models.catalogue import list_models, show_model
from fruits.models.fetch import fetch_weights
from fruits.models.model import Model, load_model

__all__ = ["Model", "cache_folder", "fetch_weights", "list_models", "load_model", "show_model"]
