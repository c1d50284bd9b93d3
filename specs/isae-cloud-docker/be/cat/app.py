"""A page that shows the cat, who built the image and who runs it."""

import os
import random
from pathlib import Path

from flask import Flask, render_template_string, send_from_directory

HERE = Path(__file__).parent
app = Flask(__name__)


@app.route("/")
def page():
    return render_template_string(
        (HERE / "template.html.jinja2").read_text(),
        mascot="cat",
        author=(HERE / "AUTHOR.txt").read_text().strip(),
        user=os.environ.get("USER", "nobody"),
        image=random.choice(sorted(path.name for path in (HERE / "imgs").iterdir())),
    )


@app.route("/imgs/<name>")
def image(name):
    return send_from_directory(HERE / "imgs", name)
