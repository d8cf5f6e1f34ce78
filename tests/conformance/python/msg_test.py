"""Two-phase messages through the published client; the check-back asks a real barrier."""

import requests
from dtmcli import barrier, msg, utils

import stage
from participant import ERROR, FAILURE, ONGOING, SUCCESS


class MsgTest(stage.ConformanceTest):
    def setUp(self):
        super().setUp()
        stage.database.open_accounts()
        self.participant.answer("/check", self.check_back)

    def msg(self, retry_interval=1, timeout_to_fail=0):
        made = msg.Msg(stage.server.api, self.gid)
        made.add({"amount": 30}, self.url("/one")).add({"amount": 31}, self.url("/two"))
        made.trans_base.retry_interval = retry_interval
        made.trans_base.timeout_to_fail = timeout_to_fail
        return made

    def check_back(self, call):
        """What the client's documentation tells a participant to answer a check-back with."""
        names = ("trans_type", "gid", "branch_id", "op")
        asked = barrier.BranchBarrier(*(call.query[name] for name in names))
        with barrier.AutoCursor(stage.database.cursor()) as cursor:
            try:
                asked.query_prepared(cursor)
            except utils.DTMFailureError:
                return FAILURE
        return SUCCESS

    def pay(self, cursor):
        utils.sqlexec(cursor, "update bank.account set balance = balance - 30 where name = 'a'")

    def do_and_submit(self, made, business):
        with barrier.AutoCursor(stage.database.cursor()) as cursor:
            made.do_and_submit_db(self.url("/check"), cursor, business)

    def balance(self):
        return stage.database.balances()["a"]

    def test_prepare_and_submit(self):
        made = self.msg()
        made.prepare(self.url("/check"))
        self.assertEqual(("prepared", "PP"), (self.status(), self.branches()))
        made.submit()
        self.comes_to("succeed", "SS")
        self.assertEqual(["/one", "/two"], self.participant.paths())
        self.assertEqual([("01", "action"), ("02", "action")], self.ops())

    def test_a_call_carries_who_it_is_for_and_the_payload(self):
        self.msg().submit()
        self.comes_to("succeed")
        first, second = self.participant.calls()
        self.assert_branch_call(first, "msg", "01", "action", {"amount": 30})
        self.assert_branch_call(second, "msg", "02", "action", {"amount": 31})

    def test_a_submit_without_prepare(self):
        self.msg().submit()
        self.comes_to("succeed", "SS")

    def test_wait_result_returns_when_it_is_done(self):
        self.msg().set_wait_result().submit()
        self.assertEqual(("succeed", "SS"), (self.status(), self.branches()))

    def test_wait_result_tells_that_it_is_not_done(self):
        self.participant.answer("/two", ONGOING, SUCCESS)
        with self.assertRaises(utils.DTMFailureError):
            self.msg().set_wait_result().submit()
        self.comes_to("succeed", "SS")

    def test_wait_result_tells_of_an_error(self):
        self.participant.answer("/two", ERROR, SUCCESS)
        with self.assertRaisesRegex(Exception, "bad result"):
            self.msg().set_wait_result().submit()
        self.comes_to("succeed", "SS")

    def test_a_branch_is_repeated_until_it_succeeds(self):
        self.participant.answer("/one", ERROR, ONGOING, SUCCESS)
        self.msg().submit()
        self.comes_to("succeed", "SS")
        self.assertEqual(["/one", "/one", "/one", "/two"], self.participant.paths())

    def test_a_branch_cannot_fail(self):
        self.participant.answer("/one", FAILURE, SUCCESS)
        self.msg().submit()
        self.comes_to("succeed", "SS")
        self.assertEqual(["/one", "/one", "/two"], self.participant.paths())

    def test_concurrent_branches_all_run(self):
        made = self.msg()
        made.trans_base.concurrent = True
        made.submit()
        self.comes_to("succeed", "SS")
        self.assertEqual(["/one", "/two"], sorted(self.participant.paths()))

    def test_prepare_twice_is_accepted_and_after_the_submit_refused(self):
        made = self.msg()
        made.prepare(self.url("/check"))
        made.prepare(self.url("/check"))
        made.submit()
        self.comes_to("succeed")
        with self.assertRaises(utils.DTMFailureError):
            made.prepare(self.url("/check"))

    def test_a_submit_after_the_end_is_refused(self):
        made = self.msg()
        made.submit()
        self.comes_to("succeed")
        with self.assertRaises(utils.DTMFailureError):
            made.submit()

    def test_an_unknown_topic_is_an_error(self):
        made = msg.Msg(stage.server.api, self.gid).add({}, "topic://no-such-topic")
        with self.assertRaisesRegex(Exception, "bad result"):
            made.submit()
        self.assertIsNone(self.query()["transaction"])

    def test_the_check_back_says_committed(self):
        self.participant.answer("/check", SUCCESS)
        self.msg(timeout_to_fail=2).prepare(self.url("/check"))
        self.comes_to("succeed", "SS")
        self.assertEqual(["/check", "/one", "/two"], self.participant.paths())
        self.assert_branch_call(self.participant.calls()[0], "msg", "00", "msg", None)

    def test_the_check_back_says_rolled_back(self):
        self.participant.answer("/check", FAILURE)
        self.msg(timeout_to_fail=2).prepare(self.url("/check"))
        self.comes_to("failed", "PP")
        self.assertEqual(["/check"], self.participant.paths())
        self.assertEqual("", self.reason())

    def test_the_check_back_is_repeated_until_it_knows(self):
        self.participant.answer("/check", ONGOING, ERROR, SUCCESS)
        self.msg(timeout_to_fail=2).prepare(self.url("/check"))
        self.comes_to("succeed", "SS")
        expected = ["/check", "/check", "/check", "/one", "/two"]
        self.assertEqual(expected, self.participant.paths())

    def test_a_client_that_died_before_its_commit_is_rolled_back(self):
        self.msg(timeout_to_fail=2).prepare(self.url("/check"))
        self.comes_to("failed", "PP")
        self.assertEqual([("00", "msg", "01", "rollback")], stage.database.barrier_rows(self.gid))

    def test_a_client_that_died_after_its_commit_is_submitted(self):
        self.msg(timeout_to_fail=2).prepare(self.url("/check"))
        with barrier.AutoCursor(stage.database.cursor()) as cursor:
            barrier.BranchBarrier("msg", self.gid, "00", "msg").call(cursor, self.pay)
        self.comes_to("succeed", "SS")
        self.assertEqual(70, self.balance())

    def test_do_and_submit(self):
        self.do_and_submit(self.msg(), self.pay)
        self.comes_to("succeed", "SS")
        self.assertEqual(70, self.balance())
        self.assertEqual(["/one", "/two"], self.participant.paths())

    def test_do_and_submit_whose_business_fails(self):
        def business(cursor):
            self.pay(cursor)
            raise utils.DTMFailureError("no money")

        with self.assertRaises(utils.DTMFailureError):
            self.do_and_submit(self.msg(), business)
        self.comes_to("failed", "PP")
        self.assertEqual(100, self.balance())
        self.assertEqual([], self.participant.paths())

    def test_do_and_submit_whose_business_breaks(self):
        def business(cursor):
            self.pay(cursor)
            raise RuntimeError("the business is broken")

        with self.assertRaisesRegex(RuntimeError, "broken"):
            self.do_and_submit(self.msg(), business)
        self.comes_to("failed", "PP")
        self.assertEqual(100, self.balance())
        self.assertEqual(["/check"], self.participant.paths())

    def test_do_and_submit_whose_commit_was_lost_from_sight(self):
        def business(transaction):
            with barrier.AutoCursor(stage.database.cursor()) as cursor:
                transaction.call(cursor, self.pay)
            raise RuntimeError("the answer of the commit was lost")

        with self.assertRaisesRegex(RuntimeError, "lost"):
            self.msg().do_and_submit(self.url("/check"), business)
        self.comes_to("succeed", "SS")
        self.assertEqual(70, self.balance())
        self.assertEqual(["/check", "/one", "/two"], self.participant.paths())

    def test_do_and_submit_after_the_check_back_is_refused_by_the_barrier(self):
        def business(transaction):
            # The server's check-back comes before the business has begun.
            early = {"gid": self.gid, "trans_type": "msg", "branch_id": "00", "op": "msg"}
            self.assertEqual(409, requests.get(self.url("/check"), early, timeout=10).status_code)
            with barrier.AutoCursor(stage.database.cursor()) as cursor:
                transaction.call(cursor, self.pay)

        with self.assertRaisesRegex(Exception, "msg duplicate error"):
            self.msg().do_and_submit(self.url("/check"), business)
        self.comes_to("failed", "PP")
        self.assertEqual(100, self.balance())

    def test_do_and_submit_without_a_server_does_no_business(self):
        made = self.msg()
        made.dtm = f"{stage.server.api}/wrong"
        with self.assertRaisesRegex(Exception, "bad result"):
            self.do_and_submit(made, self.pay)
        self.assertEqual(100, self.balance())
