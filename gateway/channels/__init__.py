"""Who sells the stock, and what each of them may promise."""
