"""What the published client asks the server besides transactions."""

import json
import unittest
import urllib.error
import urllib.parse
import urllib.request

from dtmcli import saga, utils

import stage


class ServerTest(unittest.TestCase):
    def test_a_new_gid_is_22_characters_and_never_the_same(self):
        gids = [utils.gen_gid(stage.server.api) for _ in range(10)]
        self.assertEqual(10, len(set(gids)))
        self.assertEqual({22}, {len(gid) for gid in gids})

    def test_query_of_an_unknown_gid_finds_nothing(self):
        with urllib.request.urlopen(f"{stage.server.api}/query?gid=unknown", timeout=10) as answer:
            found = json.load(answer)
        self.assertEqual({"transaction": None, "branches": []}, found)

    def test_query_without_a_gid_is_refused(self):
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{stage.server.api}/query?gid=", timeout=10)
        self.assertEqual(500, caught.exception.code)

    def test_an_unknown_trans_type_is_an_error_and_no_failure(self):
        made = saga.Saga(stage.server.api, utils.gen_gid(stage.server.api))
        made.trans_base.trans_type = "unknown"
        with self.assertRaisesRegex(Exception, "bad result") as caught:
            made.submit()
        self.assertNotIsInstance(caught.exception, utils.DTMFailureError)

    def test_an_unknown_path_is_an_error(self):
        made = saga.Saga(f"{stage.server.api}/wrong", utils.gen_gid(stage.server.api))
        with self.assertRaisesRegex(Exception, "bad result"):
            made.submit()
