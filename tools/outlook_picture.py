"""Draw docs/pictures/outlook.svg, how reliable forecasts of stock-outs are, from what `storefloor evaluate --json` wrote.

storefloor evaluate --scenario lean-days --days 4 --seeds 11 --baselines none --json FILE
python -m tools.outlook_picture FILE
"""

import json
import sys
from pathlib import Path

from simulators.scoring.beliefs import OUTLOOK_HOURS
from simulators.scoring.page_charts import outlook_chart
from simulators.scoring.page_style import STYLE
from simulators.scoring.results import PRODUCT

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "outlook.svg"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def main() -> int:
    """Draw it."""
    if len(sys.argv) != 2:
        print("name one file that `storefloor evaluate --json` wrote", file=sys.stderr)
        return 2
    entries = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    product = next(entry for entry in entries if entry["method"] == PRODUCT)
    outlooks = {hours: product["outlooks"].get(f"{hours} h", []) for hours in OUTLOOK_HOURS}
    drawn = outlook_chart(outlooks).replace(
        "<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" font-family="{FONT}" ', 1
    )
    head, rest = drawn.split(">", 1)
    PICTURE.write_text(f"{head}><style>{STYLE}</style>{rest}\n", encoding="utf-8")
    print(f"drew {PICTURE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
