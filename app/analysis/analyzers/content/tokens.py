"""Undoes the disguises of explicit words: leetspeak, masks, look-alikes, stretched and spaced spelling."""

from __future__ import annotations

import re
import unicodedata

_CHUNK = re.compile(r"[^\s\"“”«»()\[\]{}<>,;:—–…]+")
_EDGES = ".!?'’`-_~|/\\"
_LEET_LATIN = str.maketrans("@430!1$57+8", "aaeoiisst" + "tb")
_LEET_CYRILLIC = str.maketrans("@03468", "аозчбв")
_LATIN_AS_CYRILLIC = str.maketrans("aceopxykmtbhu", "асеорхукмтвни")
# The same letters by their sound, for what has no look-alike: пиzдец.
_LATIN_BY_SOUND = str.maketrans("abcdefghijklmnoprstuvxyz", "абцдефгхийклмнопрстувхуз")
_GREEK_AS_LATIN = str.maketrans("αβγεζηικνορςστυχωϲ", "abyeznikvopcotuxwc")
# Letters of phonetic alphabets, which NFKC leaves alone.
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡ", "abcdefghijklmnoprstuvwyzag")
_LATIN = re.compile(r"[a-z]")
_CYRILLIC = re.compile(r"[а-я]")
_MARKED_LATIN = re.compile(r"([a-z])[\u0300-\u036f]+")
_STRETCHED = re.compile(r"(.)\1{2,}")
_MASK = re.compile(r"[*#%&@•·_]+")
# Prince N** and Madame de C*** are people.
_MASKED_NAME = re.compile(r"[^\W\d_][*•·_]+")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][\s.\-_*]){2,}[^\W\d_](?![^\W_])")


def plain(text: str) -> str:
    """`text` in compatibility form (NFKC): fullwidth, mathematical and other fancy letters as ordinary ones.

    For judging only: its letters may be more or fewer than the stored line's.
    """
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_SMALL_CAPITALS)


def chunks(text: str) -> list[str]:
    """Lower-case pieces of a line between spaces and quotes, masks and digits kept, edges trimmed.

    Letters that are spelled out (`f u c k`, `f.u.c.k`) come as one more piece. Expects `plain` text.
    """
    shouted = text.isupper()
    found: list[str] = []
    for piece in _CHUNK.findall(text):
        if piece[0].isupper() and not shouted and _MASKED_NAME.fullmatch(piece.strip(_EDGES)):
            continue
        found.append(_folded(piece).strip(_EDGES))
    found += [re.sub(r"[\s.\-_*]", "", spaced) for spaced in _SPACED.findall(_folded(text))]
    return [chunk for chunk in found if chunk]


def _folded(text: str) -> str:
    return text.casefold().replace("ё", "е")


def readings(chunk: str) -> tuple[str, ...]:
    """What `chunk` may spell: itself, without leetspeak, in the other script, with stretches squeezed."""
    found = [chunk]
    if _LATIN.search(chunk):
        bare = _without_marks(chunk.translate(_GREEK_AS_LATIN))
        found.append(bare)
        # One letter and a digit (8a, e4) are a number.
        if not bare.isalpha() and len(_LATIN.findall(bare)) > 1:
            found.append(bare.translate(_LEET_LATIN))
    if _CYRILLIC.search(chunk):
        if not chunk.isalpha() and len(_CYRILLIC.findall(chunk)) > 1:
            found.append(chunk.translate(_LEET_CYRILLIC))
        if _LATIN.search(chunk):
            mixed = found[-1] if _CYRILLIC.search(found[-1]) else chunk
            found += [mixed.translate(_LATIN_AS_CYRILLIC), mixed.translate(_LATIN_BY_SOUND)]
    for reading in tuple(found):
        if _STRETCHED.search(reading):
            found += [_STRETCHED.sub(r"\1", reading), _STRETCHED.sub(r"\1\1", reading)]
    return tuple(dict.fromkeys(found))


def _without_marks(chunk: str) -> str:
    if chunk.isascii():
        return chunk
    # Only Latin letters lose theirs: й without its breve is another letter.
    marked = unicodedata.normalize("NFD", chunk)
    return unicodedata.normalize("NFC", _MARKED_LATIN.sub(r"\1", marked))


def mask_pattern(chunk: str) -> re.Pattern[str] | None:
    """A pattern of the words that `f**k` may hide; None for a chunk that isn't masked letters.

    The first letter must show, and half as many letters as are hidden, or anything would fit; where it shows
    alone (`х**`), the mask tells the length.
    """
    masks = [len(run) for run in _MASK.findall(chunk)]
    parts = _MASK.split(chunk)
    if not masks or len(chunk) > 24 or not parts[0] or not all(part.isalpha() for part in parts if part):
        return None
    shown, hidden = sum(map(len, parts)), sum(masks)
    alone = shown == 1 and hidden > 1
    if not alone and shown < max(2, hidden / 2):
        return None
    pattern = re.escape(parts[0])
    for length, part in zip(masks, parts[1:], strict=True):
        # One star often stands for two letters (f*k), rarely for more.
        pattern += rf"[a-zа-я]{{{length},{length + (not alone)}}}" + re.escape(part)
    return re.compile(pattern)
