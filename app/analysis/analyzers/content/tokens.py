"""Undoes the disguises of explicit words: leetspeak, masked letters, stretched and spaced-out spelling."""

from __future__ import annotations

import re

_CHUNK = re.compile(r"[^\s\"“”«»()\[\]{}<>,;:—–…]+")
_EDGES = ".!?'’`-_~|/\\"
_LEET_LATIN = str.maketrans("@430!1$57+8", "aaeoiisst" + "tb")
_LEET_CYRILLIC = str.maketrans("@03468", "аозчбв")
_LATIN_AS_CYRILLIC = str.maketrans("aceopxykmtbhu", "асеорхукмтвни")
_LATIN = re.compile(r"[a-z]")
_CYRILLIC = re.compile(r"[а-я]")
_STRETCHED = re.compile(r"(.)\1{2,}")
_MASK = re.compile(r"[*#%&•·_]+")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][\s.\-_*]){2,}[^\W\d_](?![^\W_])")


def chunks(text: str) -> list[str]:
    """Lower-case pieces of a line between spaces and quotes, masks and digits kept, edges trimmed.

    Letters that are spelled out (`f u c k`, `f.u.c.k`) come as one more piece.
    """
    text = text.casefold().replace("ё", "е")
    found = [piece.strip(_EDGES) for piece in _CHUNK.findall(text)]
    found += [re.sub(r"[\s.\-_*]", "", spaced) for spaced in _SPACED.findall(text)]
    return [chunk for chunk in found if chunk]


def readings(chunk: str) -> tuple[str, ...]:
    """What `chunk` may spell: itself, without leetspeak, in the other script, with stretches squeezed."""
    found = [chunk]
    if not chunk.isalpha():
        if _LATIN.search(chunk):
            found.append(chunk.translate(_LEET_LATIN))
        if _CYRILLIC.search(chunk):
            found.append(chunk.translate(_LEET_CYRILLIC))
    if _CYRILLIC.search(chunk) and _LATIN.search(chunk):
        found.append(found[-1].translate(_LATIN_AS_CYRILLIC))
    for reading in tuple(found):
        if _STRETCHED.search(reading):
            found += [_STRETCHED.sub(r"\1", reading), _STRETCHED.sub(r"\1\1", reading)]
    return tuple(dict.fromkeys(found))


def mask_pattern(chunk: str) -> re.Pattern[str] | None:
    """A pattern of the words that `f**k` may hide; None for a chunk that isn't masked letters.

    The first letter must show, and at least half as many letters as are hidden, or anything would fit.
    """
    hidden = sum(len(run) for run in _MASK.findall(chunk))
    shown = re.sub(r"[^a-zа-я]", "", chunk)
    if not hidden or len(shown) < max(2, hidden / 2) or not chunk[0].isalpha() or len(chunk) > 24:
        return None
    parts = _MASK.split(chunk)
    if not all(part.isalpha() for part in parts if part):
        return None
    masks = [len(run) for run in _MASK.findall(chunk)]
    pattern = re.escape(parts[0])
    for length, part in zip(masks, parts[1:], strict=True):
        # One star often stands for two letters (f*k), rarely for more.
        pattern += rf"[a-zа-я]{{{length},{length + 1}}}" + re.escape(part)
    return re.compile(pattern)
