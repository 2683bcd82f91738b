"""`make schemathesis`: asks every operation of a real gateway for long, and prints what came of it."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.support.asked_api import asked_api
from tests.support.figures import figure

WITHOUT_KEY_SHARE = 10
"""A tenth of the requests come without a key: they are refused at the door."""
MAX_SHOWN_CHARS = 3_000


def main() -> int:
    """Ask; return 1 where an answer was not as documented."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--examples", type=int, default=200, help="requests per operation that fit, and that do not"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--operation", help="this one alone, such as 'GET /v1/stores'")
    arguments = parser.parse_args()
    broken: list[str] = []
    with tempfile.TemporaryDirectory(prefix="storefloor-") as folder, asked_api(Path(folder)) as api:
        labels = [arguments.operation] if arguments.operation else list(api.operations)
        started_s = time.monotonic()
        for number, label in enumerate(labels, 1):
            try:
                api.ask(label, arguments.examples, arguments.seed, has_key=True)
                share = max(1, arguments.examples // WITHOUT_KEY_SHARE)
                api.ask(label, share, arguments.seed, has_key=False)
            except (AssertionError, ExceptionGroup) as error:
                broken.append(label)
                told = "\n".join(str(one) for one in getattr(error, "exceptions", (error,)))
                print(f"\n{label}\n{told[:MAX_SHOWN_CHARS]}\n", flush=True)
            print(f"{number}/{len(labels)} {label}", flush=True)
        took_s = time.monotonic() - started_s
    for status, requests in sorted(api.counts.items()):
        print(f"{status}: {requests:,} answers")
    figure("schemathesis operations", len(labels), "operations")
    figure("schemathesis requests", api.counts.total(), "requests")
    figure("schemathesis took", took_s, "s")
    figure("schemathesis operations not as documented", len(broken), "operations")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
