"""An account: what is kept of it, how much, and what it refuses rather than guess."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.book_stock.account import MAX_MOVES, Account, Figure, Move, account_of

moves = st.builds(Move, st.integers(0, 30), st.integers(-3, 3).filter(bool), st.just(False))
counts = st.builds(Move, st.integers(0, 30), st.integers(0, 5), st.just(True))


@given(st.lists(st.one_of(moves, counts, st.builds(Figure, st.integers(0, 9), st.integers(0, 30)))))
def test_a_row_holds_all_of_it(told: list[Move | Figure]) -> None:
    """Whatever was told: written and read, it is the same account, and goes on alike."""
    account = Account()
    for one in told:
        if isinstance(one, Figure):
            account.tell(one)
        else:
            account.note(one)
    again = account_of(account.to_json())
    assert again == account
    assert again.pieces == account.pieces
    assert [again.tell(Figure(7, 15)), again.pieces] == [account.tell(Figure(7, 15)), account.pieces]


@given(st.permutations(range(8)))
def test_the_order_of_telling_does_not_matter(order: list[int]) -> None:
    """Moves of different instants give one sum, in whatever order they are told."""
    said = [Move(at_ns, pieces) for at_ns, pieces in enumerate((2, -3, 1, -1, 4, -2, -5, 3))]
    told, plain = Account(), Account()
    for place in order:
        told.note(said[place])
    for move in said:
        plain.note(move)
    assert told.pieces == plain.pieces == 3


def test_it_is_bounded_and_refuses_what_it_cannot_carry_on() -> None:
    """Beyond the bound the older half is added up: nothing is lost, and a figure of before that is refused."""
    account = Account()
    account.tell(Figure(10, 0))
    for number in range(1, MAX_MOVES + 2):
        account.note(Move(number, 1))
    assert len(account.moves) == MAX_MOVES + 1 - MAX_MOVES // 2
    assert account.pieces == 10 + MAX_MOVES + 1
    assert account.tell(Figure(5, MAX_MOVES // 2 - 1)) == "too_old"
    assert account.tell(Figure(5, MAX_MOVES // 2)) == "applied"
    assert account.pieces == 5 + MAX_MOVES + 1 - MAX_MOVES // 2
    account.note(Move(1, -1))
    assert account.pieces == 5 + MAX_MOVES + 1 - MAX_MOVES // 2


def test_a_figure_below_none_is_none() -> None:
    """Some ledgers owe pieces: there is none then, and one that comes is one."""
    account = Account()
    account.tell(Figure(-3, 10))
    assert (account.pieces, account.moved) == (0, 0)
    account.note(Move(11, 1))
    assert (account.pieces, account.moved) == (1, 1)


def test_of_one_instant_the_figure_told_last_counts() -> None:
    """A file is sent again with a mistake mended: its time is the same, its figure is not."""
    account = Account()
    account.tell(Figure(8, 10))
    account.note(Move(11, -1))
    assert account.tell(Figure(6, 10)) == "applied"
    assert account.pieces == 5
