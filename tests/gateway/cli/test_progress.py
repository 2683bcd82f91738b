"""A progress bar: shown to a person, and to nobody else."""

import io

from gateway.cli.progress import WIDTH, Progress


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def test_a_bar_is_drawn_on_a_terminal_and_wiped_at_the_end() -> None:
    """It tells the share that is done, and leaves an empty line behind."""
    stream = Terminal()
    with Progress(200, stream) as progress:
        progress.show(50, "noon")
        progress.show(60, "too soon for the eye")
    drawn, wiped = stream.getvalue().split("\r")[1:3]
    assert drawn.count("#") == round(WIDTH / 4)
    assert " 25% noon" in drawn
    assert "too soon" not in stream.getvalue()
    assert wiped.strip() == ""


def test_nothing_is_drawn_into_a_file() -> None:
    """A log of a run has no bar in it."""
    stream = io.StringIO()
    with Progress(0, stream) as progress:
        progress.show(50, "noon")
    assert stream.getvalue() == ""
