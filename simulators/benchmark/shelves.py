"""The weight shelves of the benchmark's shop, as the shop handles them. Pure."""


class ShelfRow:
    """All shelves of a shop; an article lies on one of them."""

    def put(self, sku: str, weight_g: float, now_ns: int) -> None:
        """A piece is laid on its article's shelf."""

    def take(self, sku: str, weight_g: float, now_ns: int) -> None:
        """A piece is taken from its article's shelf."""
