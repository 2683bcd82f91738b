"""Transfers between stores of one gateway, as documents above the movements of their pieces. Pure."""
