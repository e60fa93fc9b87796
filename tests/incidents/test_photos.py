"""Photos are made anew: nothing of what was sent is kept, and no file can hurt."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from incidents import photos
from incidents.photos import BadPhoto, remade

CANARY = b"zqcanary"


def picture(
    format: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **given: object
) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else None).save(out, format, **given)
    return out.getvalue()


def with_place() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    exif[0x0112] = 6  # lies on its side
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (IFDRational(52), IFDRational(5), IFDRational(0))
    return picture(exif=exif)


def png_bomb(side: int) -> bytes:
    """The header promises more than anybody can hold."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"0"))
        + chunk(b"IEND", b"")
    )


def test_place_and_camera_are_left_out_and_it_stands_upright() -> None:
    sent = with_place()
    assert CANARY in sent
    made = remade(sent)
    assert (made.width, made.height) == (40, 60)
    for data in (made.data, made.small):
        assert CANARY not in data
        with Image.open(BytesIO(data)) as read:
            assert not read.getexif()
            assert not read.info.keys() & {"exif", "icc_profile", "comment", "xmp"}


@pytest.mark.parametrize(
    ("format", "suffix"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "png"), ("GIF", "png"), ("BMP", "png")]
)
def test_whatever_comes_in_jpeg_or_png_goes_out(format: str, suffix: str) -> None:
    made = remade(picture(format))
    with Image.open(BytesIO(made.data)) as read:
        assert (made.suffix, read.format) == (suffix, {"jpg": "JPEG", "png": "PNG"}[suffix])


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "CMYK", "I;16"])
def test_every_kind_of_pixel_can_be_read(mode: str) -> None:
    assert (
        remade(picture("TIFF" if mode == "x" else "JPEG" if mode == "CMYK" else "PNG", mode=mode)).width == 60
    )


def test_a_large_one_becomes_smaller() -> None:
    made = remade(picture(size=(4000, 1000)))
    assert (made.width, made.height) == (2560, 640)
    with Image.open(BytesIO(made.small)) as small:
        assert max(small.size) == 320


def test_what_hides_behind_a_picture_is_gone() -> None:
    sent = picture("PNG") + b"<script>" + CANARY
    assert CANARY not in remade(sent).data


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "not a photo"),
        (b"%PDF-1.4", "not a photo"),
        (b"GIF89a", "photo"),
        (picture()[:300], "damaged"),
        (picture("PNG")[:60], "damaged"),
        (png_bomb(9_000), "too many pixels"),
        (png_bomb(60_000), "too many pixels"),
        (b"x" * (photos.MOST_BYTES + 1), "larger than 10 MB"),
    ],
)
def test_a_bad_file_is_refused_in_words(raw: bytes, words: str) -> None:
    with pytest.raises(BadPhoto, match=words):
        remade(raw)


@pytest.mark.parametrize(("at", "value"), [(17, 0), (17, 7), (19, 11)])
def test_a_broken_word_in_exif_is_no_error_of_ours(at: int, value: int) -> None:
    """Turning it upright makes Pillow write its EXIF anew, with whatever it has read there."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x8825] = 6, "zqcanary", {1: "N", 2: (1.0, 2.0, 3.0)}
    broken = bytearray(picture(size=(8, 8), exif=exif))
    broken[broken.index(b"Exif") + at] = value
    with pytest.raises(BadPhoto, match="damaged"):
        remade(bytes(broken))
