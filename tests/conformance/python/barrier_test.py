"""The client's barrier on a real MariaDB: whatever is repeated or comes late, money moves once."""

import pymysql
import requests
from dtmcli import barrier, saga, tcc, utils

import stage
from participant import ERROR, FAILURE, SUCCESS


class BarrierTest(stage.ConformanceTest):
    def setUp(self):
        super().setUp()
        stage.database.open_accounts()

    def account(self, name, amount):
        """A branch that adds `amount` to an account, which may not go below zero."""

        def answer(call):
            names = ("trans_type", "gid", "branch_id", "op")
            guard = barrier.BranchBarrier(*(call.query[name] for name in names))
            with barrier.AutoCursor(stage.database.cursor()) as cursor:
                try:
                    guard.call(cursor, lambda inner: self.add(inner, name, amount))
                except pymysql.err.OperationalError:
                    return FAILURE
            return SUCCESS

        return answer

    @staticmethod
    def add(cursor, name, amount):
        statement = "update bank.account set balance = balance + (%d) where name = '%s'"
        utils.sqlexec(cursor, statement % (amount, name))

    @staticmethod
    def done_but_answered(answer, then):
        """A branch that does its work and then answers something else: its answer was lost."""

        def broken(call):
            answer(call)
            return then

        return broken

    def transfer(self, amount):
        """A saga that takes from a and gives to b."""
        self.participant.answer("/out", self.account("a", -amount))
        self.participant.answer("/out-undo", self.account("a", amount))
        self.participant.answer("/in", self.account("b", amount))
        self.participant.answer("/in-undo", self.account("b", -amount))
        made = saga.Saga(stage.server.api, self.gid)
        made.add({"amount": amount}, self.url("/out"), self.url("/out-undo"))
        made.add({"amount": amount}, self.url("/in"), self.url("/in-undo"))
        made.trans_base.retry_interval = 1
        return made

    def tcc_branch(self, name, amount):
        """Freezes nothing: the try moves the money, the cancel moves it back."""
        self.participant.answer(f"/{name}-try", self.account(name, amount))
        self.participant.answer(f"/{name}-confirm", self.account(name, 0))
        self.participant.answer(f"/{name}-cancel", self.account(name, -amount))

    def transact(self, *names):
        def business(transaction):
            for name in names:
                urls = [self.url(f"/{name}-{op}") for op in ("try", "confirm", "cancel")]
                transaction.call_branch({}, *urls)

        return tcc.tcc_global_transaction(stage.server.api, self.gid, business)

    def assert_balances(self, a, b):
        self.assertEqual({"a": a, "b": b}, stage.database.balances())

    def test_a_saga_moves_money(self):
        self.transfer(30).submit()
        self.comes_to("succeed", "PSPS")
        self.assert_balances(70, 130)
        expected = [("01", "action", "01", "action"), ("02", "action", "01", "action")]
        self.assertEqual(expected, stage.database.barrier_rows(self.gid))

    def test_a_saga_that_cannot_is_undone(self):
        made = self.transfer(30)
        self.participant.answer("/in", FAILURE)
        made.submit()
        self.comes_to("failed", "SSSF")
        self.assert_balances(100, 100)

    def test_the_compensation_of_a_step_that_did_nothing_does_nothing(self):
        self.transfer(101).submit()
        self.comes_to("failed", "SFPP")
        self.assert_balances(100, 100)
        expected = [("01", "action", "01", "compensate"), ("01", "compensate", "01", "compensate")]
        self.assertEqual(expected, stage.database.barrier_rows(self.gid))

    def test_an_action_that_is_repeated_is_done_once(self):
        made = self.transfer(30)
        take = self.account("a", -30)
        self.participant.answer("/out", self.done_but_answered(take, ERROR), take)
        made.submit()
        self.comes_to("succeed", "PSPS")
        self.assertEqual(2, len(self.participant.calls("/out")))
        self.assert_balances(70, 130)

    def test_a_compensation_that_is_repeated_is_done_once(self):
        made = self.transfer(30)
        give_back = self.account("a", 30)
        self.participant.answer("/in", FAILURE)
        self.participant.answer("/out-undo", self.done_but_answered(give_back, ERROR), give_back)
        made.submit()
        self.comes_to("failed", "SSSF")
        self.assertEqual(2, len(self.participant.calls("/out-undo")))
        self.assert_balances(100, 100)

    def test_an_action_that_failed_after_its_work_is_undone(self):
        made = self.transfer(30)
        give = self.account("b", 30)
        self.participant.answer("/in", self.done_but_answered(give, FAILURE))
        made.submit()
        self.comes_to("failed", "SSSF")
        self.assert_balances(100, 100)

    def test_business_that_breaks_inside_the_barrier_leaves_nothing(self):
        made = self.transfer(30)

        def take_and_break(cursor):
            self.add(cursor, "a", -30)
            raise RuntimeError("the business is broken")

        def broken(_):
            guard = barrier.BranchBarrier("saga", self.gid, "01", "action")
            with barrier.AutoCursor(stage.database.cursor()) as cursor:
                guard.call(cursor, take_and_break)

        self.participant.answer("/out", broken, self.account("a", -30))
        made.submit()
        self.comes_to("succeed", "PSPS")
        self.assertEqual(["/out", "/out", "/in"], self.participant.paths())
        self.assert_balances(70, 130)

    def test_two_barriers_in_one_call_are_both_done(self):
        made = self.transfer(30)

        def twice(call):
            guard = barrier.BranchBarrier("saga", self.gid, call.query["branch_id"], "action")
            for _ in range(2):
                with barrier.AutoCursor(stage.database.cursor()) as cursor:
                    guard.call(cursor, lambda inner: self.add(inner, "a", -10))
            return SUCCESS

        self.participant.answer("/out", twice)
        made.submit()
        self.comes_to("succeed", "PSPS")
        self.assert_balances(80, 130)
        rows = stage.database.barrier_rows(self.gid)
        self.assertEqual(["01", "02"], [row[2] for row in rows if row[0] == "01"])

    def test_a_tcc_moves_money(self):
        self.tcc_branch("a", -30)
        self.tcc_branch("b", 30)
        self.assertEqual(self.gid, self.transact("a", "b"))
        self.comes_to("succeed", "PSPS")
        self.assert_balances(70, 130)

    def test_a_tcc_whose_try_fails_is_cancelled(self):
        self.tcc_branch("a", 30)
        self.tcc_branch("b", -101)
        self.assertEqual("", self.transact("a", "b"))
        self.comes_to("failed", "SPSP")
        self.assert_balances(100, 100)
        rows = stage.database.barrier_rows(self.gid)
        self.assertIn(("02", "try", "01", "cancel"), rows)  # the cancel found no try

    def test_a_try_that_comes_after_its_cancel_does_nothing(self):
        self.tcc_branch("a", -30)
        self.participant.answer("/a-try", FAILURE, self.account("a", -30))
        self.assertEqual("", self.transact("a"))
        self.comes_to("failed", "SP")
        late = {"gid": self.gid, "trans_type": "tcc", "branch_id": "01", "op": "try"}
        answer = requests.post(self.url("/a-try"), json={}, params=late, timeout=10)
        self.assertEqual(200, answer.status_code)
        self.assert_balances(100, 100)
