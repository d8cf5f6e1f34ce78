"""TCC through the published client."""

from dtmcli import tcc, utils

import stage
from participant import Answer, FAILURE, OLD_FAILURE, OLD_ONGOING, ONGOING, SUCCESS


class TccTest(stage.ConformanceTest):
    def call_branch(self, transaction, name):
        urls = [self.url(f"/{name}-{op}") for op in ("try", "confirm", "cancel")]
        return transaction.call_branch({"amount": 30}, *urls)

    def transact(self, *names):
        """Tries the named branches in one TCC. The gid when it was submitted, else ""."""

        def business(transaction):
            for name in names:
                self.call_branch(transaction, name)

        return tcc.tcc_global_transaction(stage.server.api, self.gid, business)

    def test_both_branches_are_confirmed(self):
        self.assertEqual(self.gid, self.transact("a", "b"))
        self.comes_to("succeed", "PSPS")
        expected = [("01", "cancel"), ("01", "confirm"), ("02", "cancel"), ("02", "confirm")]
        self.assertEqual(expected, self.ops())

    def test_confirms_come_last_registered_first(self):
        self.transact("a", "b", "c")
        self.comes_to("succeed", "PSPSPS")
        expected = ["/a-try", "/b-try", "/c-try", "/c-confirm", "/b-confirm", "/a-confirm"]
        self.assertEqual(expected, self.participant.paths())

    def test_a_confirm_carries_who_it_is_for_and_the_payload(self):
        self.transact("a")
        self.comes_to("succeed")
        call = self.participant.calls("/a-confirm")[0]
        self.assert_branch_call(call, "tcc", "01", "confirm", {"amount": 30})

    def test_a_failed_try_cancels_all_of_them(self):
        self.participant.answer("/b-try", FAILURE)
        self.assertEqual("", self.transact("a", "b"))
        self.comes_to("failed", "SPSP")
        expected = ["/a-try", "/b-try", "/b-cancel", "/a-cancel"]
        self.assertEqual(expected, self.participant.paths())
        call = self.participant.calls("/a-cancel")[0]
        self.assert_branch_call(call, "tcc", "01", "cancel", {"amount": 30})

    def test_a_try_that_says_failure_with_status_200(self):
        self.participant.answer("/b-try", OLD_FAILURE)
        self.assertEqual("", self.transact("a", "b"))
        self.comes_to("failed", "SPSP")

    def test_an_exception_in_the_business_aborts(self):
        def business(transaction):
            self.call_branch(transaction, "a")
            raise RuntimeError("the business is broken")

        self.assertEqual("", tcc.tcc_global_transaction(stage.server.api, self.gid, business))
        self.comes_to("failed", "SP")

    def test_without_branches_it_succeeds(self):
        self.assertEqual(self.gid, self.transact())
        self.comes_to("succeed", "")

    def test_an_abort_without_branches(self):
        def business(_):
            raise RuntimeError("the business is broken")

        self.assertEqual("", tcc.tcc_global_transaction(stage.server.api, self.gid, business))
        self.comes_to("failed", "")

    def test_empty_confirm_and_cancel_succeed_without_a_call(self):
        def business(transaction):
            transaction.call_branch({"amount": 30}, self.url("/a-try"), "", "")

        tcc.tcc_global_transaction(stage.server.api, self.gid, business)
        self.comes_to("succeed", "PS")
        self.assertEqual(["/a-try"], self.participant.paths())

    def test_a_nested_branch_belongs_to_the_same_transaction(self):
        def outer(call):
            inner = tcc.tcc_from_req(stage.server.api, call.query["gid"], call.query["branch_id"])
            self.call_branch(inner, "inner")
            return SUCCESS

        self.participant.answer("/a-try", outer)
        self.assertEqual(self.gid, self.transact("a", "b"))
        self.comes_to("succeed", "PSPSPS")
        branch_ids = [branch_id for branch_id, op in self.ops() if op == "confirm"]
        self.assertEqual(["01", "0101", "02"], branch_ids)
        confirms = [path for path in self.participant.paths() if path.endswith("-confirm")]
        self.assertEqual(["/b-confirm", "/inner-confirm", "/a-confirm"], confirms)

    def test_a_cancel_that_is_ongoing_is_asked_again(self):
        # The client does not say a retry interval: it is the server's, ten seconds.
        self.participant.answer("/b-try", FAILURE)
        self.participant.answer("/b-cancel", ONGOING, SUCCESS)
        self.assertEqual("", self.transact("a", "b"))
        self.participant.wait_for("/b-cancel")
        self.assertEqual("aborting", self.status())
        self.comes_to("failed", "SPSP")
        expected = ["/a-try", "/b-try", "/b-cancel", "/b-cancel", "/a-cancel"]
        self.assertEqual(expected, self.participant.paths())

    def test_a_confirm_that_is_ongoing_is_asked_again(self):
        self.participant.answer("/a-confirm", OLD_ONGOING, SUCCESS)
        self.assertEqual(self.gid, self.transact("a"))
        self.participant.wait_for("/a-confirm")
        self.assertEqual("submitted", self.status())
        self.comes_to("succeed", "PS")
        self.assertEqual(["/a-try", "/a-confirm", "/a-confirm"], self.participant.paths())

    def test_a_confirm_cannot_fail(self):
        # A failure doubles the interval: the second confirm comes after twenty seconds and more.
        self.participant.answer("/a-confirm", FAILURE, SUCCESS)
        self.assertEqual(self.gid, self.transact("a"))
        self.comes_to("succeed", "PS")
        self.assertEqual(["/a-try", "/a-confirm", "/a-confirm"], self.participant.paths())

    def test_a_branch_after_the_end_is_refused_before_its_try(self):
        kept = []

        def business(transaction):
            kept.append(transaction)
            self.call_branch(transaction, "a")

        tcc.tcc_global_transaction(stage.server.api, self.gid, business)
        self.comes_to("succeed", "PS")
        with self.assertRaises(utils.DTMFailureError):
            self.call_branch(kept[0], "b")
        self.assertEqual([], self.participant.calls("/b-try"))

    def test_a_branch_of_an_unknown_transaction_is_refused(self):
        with self.assertRaises(utils.DTMFailureError):
            self.call_branch(tcc.Tcc(stage.server.api, self.gid), "a")

    def test_the_same_gid_again_is_refused(self):
        self.transact("a")
        self.comes_to("succeed")
        # prepare is refused, and so is the abort that the client sends then.
        with self.assertRaises(utils.DTMFailureError):
            self.transact("a")
        self.assertEqual("succeed", self.status())
        self.assertEqual(["/a-try", "/a-confirm"], self.participant.paths())

    def test_a_try_that_is_not_found_aborts(self):
        self.participant.answer("/a-try", Answer(404, "no such thing"))
        self.assertEqual("", self.transact("a"))
        self.comes_to("failed", "SP")
