"""Book stock: what an ERP's ledger believes to be in a store, beside or instead of what readers see. Pure."""
