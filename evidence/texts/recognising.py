"""Text in pictures, by tesseract where somebody installed it and turned it on."""

import subprocess
from io import BytesIO

MOST = 10  # pages or pictures of one file
SIDE = 2500  # pixels; letters of a page are large enough then
PATIENCE = 12  # seconds
ENVIRONMENT = {"OMP_THREAD_LIMIT": "1"}


def picture(image, command):
    """The text in a Pillow image; "" if there is none, or the program does not work."""
    image.thumbnail((SIDE, SIDE))
    out = BytesIO()
    image.convert("L").save(out, "PNG")
    try:
        done = subprocess.run(
            command, input=out.getvalue(), capture_output=True, timeout=PATIENCE, env=ENVIRONMENT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def page(document, number, command):
    shown = document[number]
    scale = min(3, SIDE / max(shown.get_size()))
    return picture(shown.render(scale=scale).to_pil(), command)
