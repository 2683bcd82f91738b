"""A shop with a known truth, and devices that speak the real wire protocols.

Never imports the product's rules, and is never imported by what ships (the CLI's demo apart).
"""
