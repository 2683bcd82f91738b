"""What others may ask: the HTTP contract, the event stream and the staff pages."""
