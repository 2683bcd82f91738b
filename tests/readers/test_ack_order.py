from hypothesis import given
from hypothesis import strategies as st

from readers.ack_order import AckOrder


@given(st.permutations(range(30)))
def test_acks_go_out_in_order_of_arrival_whatever_the_order_of_done(order):
    """Each packet is acknowledged once, in order, as soon as all before it are done."""
    acks = AckOrder()
    tickets = [acks.arrived(packet_id, 1) for packet_id in range(100, 130)]
    sent = []
    done = set()
    for index in order:
        sent += [packet_id for packet_id, _ in acks.done(tickets[index])]
        done.add(index)
        prefix = next((i for i in range(30) if i not in done), 30)
        assert sent == list(range(100, 100 + prefix))
        assert acks.waiting == 30 - prefix


def test_done_twice_is_done_once():
    """A consumer that acknowledges twice, early or late, acknowledges nothing else."""
    acks = AckOrder()
    first, second = acks.arrived(7, 1), acks.arrived(8, 2)
    assert acks.done(second) == []
    assert acks.done(second) == []
    assert acks.done(first) == [(7, 1), (8, 2)]
    assert acks.done(first) == []
    assert acks.waiting == 0
