"""Pages of people: the incident room, Now, declare, the acknowledge page. They parse, call and render."""
