"""What a telephone provider calls: receipts, text messages that come in, what is said and pressed."""
