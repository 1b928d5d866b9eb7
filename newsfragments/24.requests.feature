No body is `{}`, whatever its media type, and a number without a fraction, such as `1.0`, is an integer. A word in `kinds` that is none is refused, with its place.
