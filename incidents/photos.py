"""Photos that people add: decoded, and made anew. What was sent is never kept. Pure: bytes to bytes.

A new file has no EXIF, no place where it was taken, no text chunks and nothing behind its end. Trap: size and
number of pixels are read from the header before anything is unpacked.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2560
SMALL_SIDE = 320
READ = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
TYPES = {"jpg": "image/jpeg", "png": "image/png"}


class BadPhoto(Exception):
    """Why it cannot be taken, in words for people."""


@dataclass(frozen=True)
class Photo:
    """`suffix` is jpg or png; `small` is the same picture for a list."""

    data: bytes
    small: bytes
    suffix: str
    width: int
    height: int


def remade(raw: bytes) -> Photo:
    """Raises BadPhoto for what is no picture, is too large, or would unpack to too much."""
    if not raw:
        raise BadPhoto(_("The photo is empty. Choose it again."))
    if len(raw) > MOST_BYTES:
        raise BadPhoto(too_large())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own bound is lower
            return _remade(raw)
    except UnidentifiedImageError:
        raise BadPhoto(_("That is not a photo that can be read. Send a JPEG, PNG, WebP or GIF.")) from None
    except Image.DecompressionBombError:
        raise BadPhoto(_too_many()) from None
    except BadPhoto:
        raise
    # A broken file makes Pillow raise anything there is, struct.error and AttributeError among it.
    except Exception:
        raise BadPhoto(_("The photo is damaged. Take it again, or send a screenshot of it.")) from None


def too_large() -> str:
    return _("The photo is larger than %(most)s MB.") % {"most": MOST_BYTES // 1024 // 1024}


def _too_many() -> str:
    return _("The photo has too many pixels: at most %(most)s million.") % {"most": MOST_PIXELS // 1_000_000}


def _remade(raw: bytes) -> Photo:
    with Image.open(BytesIO(raw), formats=READ) as sent:
        if sent.width * sent.height > MOST_PIXELS:
            raise BadPhoto(_too_many())
        # Sharp edges of a screen stay sharp; a photo stays small.
        suffix = "jpg" if sent.format in {"JPEG", "MPO"} else "png"
        sent.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture = ImageOps.exif_transpose(sent)
        has_alpha = "A" in picture.getbands() or "transparency" in picture.info
        picture = picture.convert("RGBA" if suffix == "png" and has_alpha else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = _bare(picture)
    data = _saved(clean, suffix)
    clean.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return Photo(data, _saved(clean, suffix), suffix, picture.width, picture.height)


def _bare(picture: Image.Image) -> Image.Image:
    """The pixels alone: Pillow writes a PNG's colour profile and texts from what it once read."""
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    return bare


def _saved(picture: Image.Image, suffix: str) -> bytes:
    out = BytesIO()
    if suffix == "png":
        picture.save(out, "PNG", optimize=True)
    else:
        picture.save(out, "JPEG", quality=85, optimize=True, progressive=True)
    return out.getvalue()
