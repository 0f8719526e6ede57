"""The sections of attrib.yaml, the types of their keys, and the reference made from them."""
