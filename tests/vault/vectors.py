"""Known vaults. `python -m tests.vault.vectors` writes them anew, which a change of the format must mean to do."""

import json
import tempfile
from pathlib import Path

from core.secret import Secret
from core.vault.vault import FILE
from tests.vault.build import counted, vault

FILE_OF_VECTORS = Path(__file__).with_name("vectors.json")
COUNT = 20


def make() -> list[dict[str, object]]:
    """Twenty vaults: passwords of several scripts, none to four items, one write or more."""
    found: list[dict[str, object]] = []
    words = (
        "correct horse battery",
        "pässwörter sind lang",
        "तेज़ी-तेज़ी-तेज़ी",
        "  spaces at both ends  ",
        "😀 emoji password 😀",
    )
    values = {"api_key": "aPi-{n}", "client_code": "A{n:06d}", "pin": "{n:04d}", "totp_seed": "JBSWY3DPEHPK3PXP"}
    for n in range(COUNT):
        items = {name: text.format(n=n) for name, text in list(values.items())[: n % 5]}
        with tempfile.TemporaryDirectory() as folder:
            opened = vault(Path(folder), random=counted()).create(Secret(words[n % 5]))
            for name, text in items.items():
                opened.put({name: Secret(text)}, second_factor_too=True)
            data = (Path(folder) / FILE).read_bytes().hex()
            found.append(
                {"password": words[n % 5], "items": items, "audit": opened.key_for("audit").hex(), "file": data}
            )
    return found


if __name__ == "__main__":
    FILE_OF_VECTORS.write_text(json.dumps(make(), indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
