"""Correct brokers that look odd: slow or strict where every promise allows it. The suite must find no fault with them."""
