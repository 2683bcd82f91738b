"""Arbitrary JSON for codecs that must survive it. Pure."""

import json

from hypothesis import strategies as st

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**300, 10**320),
    st.floats(),
    st.text(max_size=12),
)


def json_near(keys: list[str], texts: list[str]) -> st.SearchStrategy[bytes]:
    """JSON built from the words that a codec knows, so that it gets past the first checks."""
    names = st.one_of(st.sampled_from(keys), st.text(max_size=5))
    values = st.recursive(
        st.one_of(scalars, st.sampled_from(texts)),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=6)),
        max_leaves=12,
    )
    return values.map(lambda value: json.dumps(value).encode())
