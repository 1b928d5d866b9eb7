Patterns of console lines are searched by RE2, in linear time. A type whose `ready` RE2 refuses still works and is named among the problems of types; one with such a `failed` is left out.
