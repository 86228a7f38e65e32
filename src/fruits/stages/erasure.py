"""What is to be erased, as salted digests: enough to find it, and to prove it, without its name."""

import hashlib
import json
import secrets
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Final

from fruits.storage.output import Output

INTENTS: Final = "_fruits/erase"
PROOFS: Final = "_fruits/erasures"

_SCRYPT: Final = {"n": 2**12, "r": 8, "p": 1}
METHOD: Final = "scrypt(name as UTF-8, salt as bytes, n=4096, r=8, p=1, 64 bytes), as hex"


@dataclass(frozen=True)
class Intent:
    """An erasure that has begun: written before the first row goes, removed after the proof.

    A call that was killed is finished by the next one, which knows the images by sha256 over the
    salt and their path or id. `proven` are slow digests, for the proof. `model` (a fingerprint) and
    `components` say which PCA and matrix were published, to publish them again without the images.
    """

    number: str
    salt: str
    digests: frozenset[str]
    proven: tuple[str, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    model: str | None = None
    components: int | float | None = None

    @classmethod
    def of(cls, names: Collection[str]) -> "Intent":
        """Make the intent to erase all that is called so: paths and ids."""
        salt = secrets.token_hex(16)
        number = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        return cls(number, salt, frozenset(quick_digest(name, salt) for name in names))

    def covers(self, name: str | None) -> bool:
        """Tell whether a path or an id is to go."""
        return name is not None and quick_digest(name, self.salt) in self.digests

    def write(self, output: Output) -> None:
        """Remember the intent in the output."""
        facts = asdict(self) | {"digests": sorted(self.digests)}
        output.write(f"{INTENTS}/{self.number}.json", json.dumps(facts).encode())

    def remove(self, output: Output) -> None:
        """Forget the intent: it is carried out."""
        output.remove(f"{INTENTS}/{self.number}.json")
        output.remove_folder(INTENTS)


def unfinished(output: Output) -> list[Intent]:
    """Return the erasures that were interrupted, the oldest first."""
    found = [
        json.loads(output.read(f"{INTENTS}/{name}") or b"{}") for name in output.names(INTENTS)
    ]
    return [
        Intent(**facts | {"digests": frozenset(facts["digests"]), "proven": tuple(facts["proven"])})
        for facts in found
        if facts
    ]


@dataclass(frozen=True)
class Proof:
    """What an erasure leaves behind: what, where, how many and when, but no name in clear.

    Whoever knows a path or an id can tell whether it was erased (`METHOD`); guessing names from the
    digests costs some 10 ms a guess.
    """

    when: str
    fruits_version: str
    salt: str
    digests: tuple[str, ...]
    rows: dict[str, int]
    files_removed: int
    versions_removed: int
    matrix_rows: int | None
    method: str = field(default=METHOD)

    def write(self, output: Output, number: str) -> str:
        """Write the proof and return its name."""
        name = f"{PROOFS}/{number}.json"
        output.write(name, json.dumps(asdict(self), indent=2).encode())
        return name


def proofs_of(output: Output, names: Collection[str]) -> Iterator[str]:
    """Name the proofs, in this output, of earlier erasures of any of these paths or ids."""
    for file in output.names(PROOFS):
        facts = json.loads(output.read(f"{PROOFS}/{file}") or b"{}")
        if facts and not set(facts["digests"]).isdisjoint(slow_digests(names, facts["salt"])):
            yield f"{PROOFS}/{file}"


def quick_digest(name: str, salt: str) -> str:
    """Return a digest that costs a microsecond, for finding rows among millions."""
    return hashlib.sha256(bytes.fromhex(salt) + name.encode()).hexdigest()


def slow_digests(names: Collection[str], salt: str) -> list[str]:
    """Return digests that cost 10 ms each (scrypt, RFC 7914), which makes guessing names slow."""

    def digest(name: str) -> str:
        return hashlib.scrypt(name.encode(), salt=bytes.fromhex(salt), **_SCRYPT).hex()

    with ThreadPoolExecutor(thread_name_prefix="fruits-digest") as pool:
        return sorted(pool.map(digest, names))
