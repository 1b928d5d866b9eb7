"""
Brings the libraries of the page into C{gamepanel/panel/vendor}, from pinned npm packages whose
integrity is checked.

Usage: python -m docs.vendor (needs npm)
"""

import base64
import hashlib
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Final

packages: Final = {
    "preact@10.27.2": (
        "5SYSgFKSyhCbk6SrXyMpqjb5+MQBgfvEKE/OC+PujcY34sOpqtr+0AZQtPYx5IA6VxynQ7rUPCtKzyovpj9Bpg==",
        {"dist/preact.module.js": "preact.js", "hooks/dist/hooks.module.js": "hooks.js"},
    ),
    "@preact/signals@2.3.2": (
        (
            "Q22avIn4z0BQnmFeo6Y5HCnJTo8VufN84zN51OtqeNgZ"
            "OVCYgdwEOcJKVX1x/IrjRVxUnOy6Ubn7H5aVFujXaQ=="
        ),
        {"dist/signals.module.js": "signals.js"},
    ),
    "@preact/signals-core@1.12.1": (
        "BwbTXpj+9QutoZLQvbttRg5x3l5468qaV2kufh+51yha1c53ep5dY4kTuZR35+3pAZxpfQerGJiQqg34ZNZ6uA==",
        {"dist/signals-core.module.js": "signals-core.js"},
    ),
    "htm@3.1.1": (
        (
            "983Vyg8NwUE7JkZ6NmOqpCZ+sh1bKv2iYTlUkzlWmA5J"
            "D2acKoxd4KVxbMmxX/85mtfdnDmTFoNKcg5DGAvxNQ=="
        ),
        {"dist/htm.module.js": "htm.js"},
    ),
}
"""SHA-512 of each package, and which of its files become which."""

places: Final = {
    "preact": "./preact.js",
    "preact/hooks": "./hooks.js",
    "@preact/signals-core": "./signals-core.js",
}
"""Where browsers find what a library imports by a name that only npm knows."""


def bring(name: str, integrity: str, files: dict[str, str], here: Path) -> None:
    """Take the files of one package, and its licence."""
    with tempfile.TemporaryDirectory() as work:
        command = ["npm", "pack", "--silent", name]
        archive = Path(
            work,
            subprocess.run(
                command, cwd=work, check=True, capture_output=True, text=True
            ).stdout.strip(),
        )
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != integrity:
            raise SystemExit(f"{name} is not what it was: sha512-{digest}")
        with tarfile.open(archive) as packed:
            packed.extractall(work, filter="data")
        package = Path(work, "package")
        licence = (package / "LICENSE").read_text()
        (here / f"LICENSE.{name.rpartition('@')[0].replace('@', '').replace('/', '-')}").write_text(
            licence
        )
        for source, target in files.items():
            text = (package / source).read_text()
            for imported, place in places.items():
                text = text.replace(f'from"{imported}"', f'from"{place}"')
            # The maps of their sources stay away.
            lines = [line for line in text.splitlines() if not line.startswith("//# sourceMapping")]
            (here / target).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    target = Path(__file__).parent.parent / "gamepanel" / "panel" / "vendor"
    for package, (integrity, files) in packages.items():
        bring(package, integrity, files, target)
