"""File names as people send them, made harmless for a page, a header and a disk."""

import re
import unicodedata
from pathlib import PurePosixPath

LONGEST = 150
DEFAULT = "document"
# Programs, scripts, pages and office files with macros: whatever they hold, we do not hand them on.
RUNNABLE = frozenset(
    """
    apk app bat bin cab chm class cmd com cpl deb dll dmg docm dotm elf exe gadget hta htm html inf ins iso jar js jse
    lnk mht mhtml mjs msc msi msp mst php pif pl potm ppam ppsm pptm ps1 psm1 py rb reg rpm scf scr sh shtml sldm svg
    svgz swf sys url vb vbe vbs wsc wsf wsh xht xhtml xlam xll xlsb xlsm xltm xml xpi xsl
    """.split()  # noqa: SIM905 (a list of words is read more easily)
)
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
INNER_RUNNABLE = re.compile(rf"\.(?=({'|'.join(RUNNABLE)})\.)", re.IGNORECASE)
UNFIT = re.compile(r"""["'`<>:;|?*\\/\s]+""")
# Letters of some scripts and emoji are joined by these; other invisible characters only deceive.
JOINERS = "\u200c\u200d"


def extension(name):
    """The last extension in lower case, without its dot; "" if there is none."""
    return PurePosixPath(name.strip()).suffix[1:].lower()


def clean_name(name, default_extension=""):
    """The last part of `name`, visible characters only, at most 150; "document.<ext>" if nothing is left."""
    name = re.split(r"[/\\]", name)[-1]
    visible = "".join(char for char in unicodedata.normalize("NFC", name) if is_visible(char))
    name = UNFIT.sub(lambda found: " " if found[0].isspace() else "_", visible).strip(" .")
    name = INNER_RUNNABLE.sub("_", name)
    if name in ("", DEFAULT):
        return f"{DEFAULT}.{default_extension}" if default_extension else DEFAULT
    if RESERVED.fullmatch(name):
        name = f"_{name}"
    return shortened(name)


def is_visible(char):
    return char in JOINERS or char.isspace() or unicodedata.category(char)[0] != "C"


def shortened(name):
    if len(name) <= LONGEST:
        return name
    suffix = PurePosixPath(name).suffix[:12]
    return name[: LONGEST - len(suffix)].rstrip(" .") + suffix
