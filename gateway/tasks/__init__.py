"""What people are asked to do in the shop, and how the gateway knows that it is done."""
