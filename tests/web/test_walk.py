"""Answers and refusals of every endpoint are what they were."""

import json

from twisted.trial.unittest import SynchronousTestCase

from tests.walk import differences, path, walkOver


class WalkTests(SynchronousTestCase):
    def test_walk(self) -> None:
        """
        A walk over all endpoints finds what the record has; where a change is meant, write it anew
        by C{python -m tests.walk}.
        """
        found = list(differences(json.loads(path.read_text()), walkOver()))
        self.assertEqual(found, [], "\n".join(found))
