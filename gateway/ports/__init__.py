"""What api/ may ask of the gateway and no folder has of its own: small protocols and plain values.

The composition root gives the app one object per port; tests give their own.
"""
