"""Another decoder of EPCs (epcpy, MIT), to compare with. Its source warns of its own escapes when compiled."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import epcpy


def element_string(epc: str) -> str:
    """Return what epcpy reads in an EPC: its key and serial, with their application identifiers."""
    scheme = epcpy.hex_to_tag_encodable(epc)
    assert isinstance(scheme, epcpy.epc_schemes.base_scheme.GS1Element)
    return scheme.gs1_element_string()
