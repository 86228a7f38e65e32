"""Pictures of fruit for the slides: drawn by the code when the deck is built, never photos."""

from fruits.images.orchard import draw_fruit
from fruits.images.species import SPECIES


def fruit_picture(species: str, number: int, *, size: int = 320) -> bytes:
    """Draw one fruit as a JPEG, `size` pixels square; KeyError for a species that is not drawn."""
    if species not in SPECIES:
        raise KeyError(f"{species!r} is not drawn: take one of {', '.join(SPECIES)}")
    return draw_fruit(species, number, size=size)
