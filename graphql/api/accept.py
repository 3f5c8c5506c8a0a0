"""The Accept header: https://www.rfc-editor.org/rfc/rfc9110#field.accept"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=256)  # clients of one kind say the same at every request
def preference(accept: str, media_type: str) -> tuple[float, int]:
    """How much a client wants a media type: its quality, and its place among equals (later is less).

    (0.0, 0) where it is not acceptable. Compare two of them to choose.
    """
    best = (-1, 0.0, 0)  # how closely the range fits, its quality, its place
    main = media_type.partition("/")[0]
    closeness = {media_type: 2, f"{main}/*": 1, "*/*": 0}
    for place, part in enumerate(accept.lower().split(",")):
        range_, *parameters = (piece.strip() for piece in part.split(";"))
        fits = closeness.get(range_, -1)
        if fits > best[0]:
            best = (fits, quality(parameters), -place)
    return best[1:] if best[1] > 0 else (0.0, 0)


def quality(parameters: list[str]) -> float:
    """The weight among a range's parameters, from 0 to 1; what can't be read counts as a refusal."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0
