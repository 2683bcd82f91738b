import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.topics import MAX_LEVELS, TopicFilters

LEVELS = st.sampled_from(["a", "b", "", "$SYS", "+"])
TOPICS = st.lists(st.sampled_from(["a", "b", "", "$SYS"]), min_size=1, max_size=5).map("/".join).filter(bool)
FILTERS = (
    st.tuples(st.lists(LEVELS, min_size=1, max_size=4), st.booleans())
    .map(lambda parts: "/".join([*parts[0], *(["#"] if parts[1] else [])]))
    .filter(bool)
)


def matches(topic_filter, topic):
    """The rules of MQTT 5 §4.7 as a model, level by level."""
    if topic[0] == "$" and topic_filter[0] in "+#":
        return False

    def walk(wanted, given_levels):
        if wanted[:1] == ["#"]:
            return True
        if not wanted or not given_levels:
            return not wanted and not given_levels
        return wanted[0] in ("+", given_levels[0]) and walk(wanted[1:], given_levels[1:])

    wanted, given_levels = topic_filter.split("/"), topic.split("/")
    return walk(wanted, given_levels) or (wanted[-1] == "#" and walk(wanted[:-1], given_levels))


@given(st.lists(FILTERS, max_size=8), TOPICS)
def test_a_topic_matches_as_the_standard_says(filters, topic):
    """The tree finds exactly the filters that the plain rules find, each value once."""
    tree = TopicFilters()
    for number, topic_filter in enumerate(filters):
        tree.add(topic_filter, number)
    assert sorted(tree.match(topic)) == [n for n, f in enumerate(filters) if matches(f, topic)]


@pytest.mark.parametrize("topic_filter", ["", "a/#/b", "a#", "a/b+", "+a", "##", "a\0", "/".join("a" * 65)])
def test_what_is_no_filter_is_refused(topic_filter):
    """A filter that no broker takes is an error when it is added, not a silence later."""
    with pytest.raises(ValueError, match=r"filter|wildcard"):
        TopicFilters().add(topic_filter, 1)


def test_a_topic_of_very_many_levels_matches_nothing():
    """Depth is bounded: a topic of 65,535 slashes costs no walk."""
    tree = TopicFilters()
    tree.add("#", 1)
    assert tree.match("/" * (MAX_LEVELS - 1)) == [1]
    assert tree.match("/" * 65_535) == []
