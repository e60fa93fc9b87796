"""The picture of who is on call: where each mark goes, and what it says. Pure: people are ids, no ORM."""
