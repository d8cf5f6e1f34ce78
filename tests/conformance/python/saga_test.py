"""Sagas through the published client."""

import json

from dtmcli import saga, utils

import stage
from participant import Answer, ERROR, FAILURE, OLD_FAILURE, OLD_ONGOING, ONGOING, SUCCESS


class SagaTest(stage.ConformanceTest):
    def saga(self, retry_interval=1):
        """Two steps: /out undone by /out-undo, /in undone by /in-undo."""
        made = saga.Saga(stage.server.api, self.gid)
        made.add({"amount": 30}, self.url("/out"), self.url("/out-undo"))
        made.add({"amount": 31}, self.url("/in"), self.url("/in-undo"))
        made.trans_base.retry_interval = retry_interval
        return made

    def test_both_steps_succeed(self):
        self.saga().submit()
        self.comes_to("succeed", "PSPS")
        self.assertEqual(["/out", "/in"], self.participant.paths())
        self.assertEqual("", self.reason())

    def test_rows_are_compensate_before_action(self):
        self.saga().submit()
        self.comes_to("succeed")
        expected = [("01", "compensate"), ("01", "action"), ("02", "compensate"), ("02", "action")]
        self.assertEqual(expected, self.ops())

    def test_a_call_carries_who_it_is_for_and_the_payload(self):
        self.saga().submit()
        self.comes_to("succeed")
        first, second = self.participant.calls()
        self.assert_branch_call(first, "saga", "01", "action", {"amount": 30})
        self.assert_branch_call(second, "saga", "02", "action", {"amount": 31})

    def test_a_failure_undoes_in_reverse(self):
        self.participant.answer("/in", FAILURE)
        self.saga().submit()
        self.comes_to("failed", "SSSF")
        self.assertEqual(["/out", "/in", "/in-undo", "/out-undo"], self.participant.paths())
        reason = f"url:{self.url('/in')} return failed: {FAILURE.body} FAILURE"
        self.assertEqual(reason, self.reason())

    def test_a_compensation_carries_the_payload_of_its_step(self):
        self.participant.answer("/in", FAILURE)
        self.saga().submit()
        self.comes_to("failed")
        undo_in, undo_out = self.participant.calls()[2:]
        self.assert_branch_call(undo_in, "saga", "02", "compensate", {"amount": 31})
        self.assert_branch_call(undo_out, "saga", "01", "compensate", {"amount": 30})

    def test_a_failure_of_the_first_step_leaves_the_second_alone(self):
        self.participant.answer("/out", FAILURE)
        self.saga().submit()
        self.comes_to("failed", "SFPP")
        self.assertEqual(["/out", "/out-undo"], self.participant.paths())

    def test_failure_in_a_body_of_status_200(self):
        self.participant.answer("/in", OLD_FAILURE)
        self.saga().submit()
        self.comes_to("failed", "SSSF")

    def test_failure_in_a_body_of_status_500(self):
        self.participant.answer("/in", Answer(500, "FAILURE: no such account"))
        self.saga().submit()
        self.comes_to("failed", "SSSF")

    def test_ongoing_is_asked_again(self):
        self.participant.answer("/out", ONGOING, SUCCESS)
        self.saga().submit()
        self.comes_to("succeed", "PSPS")
        self.assertEqual(["/out", "/out", "/in"], self.participant.paths())
        self.assertEqual("", self.reason())

    def test_ongoing_in_a_body_of_status_200(self):
        self.participant.answer("/in", OLD_ONGOING, SUCCESS)
        self.saga().submit()
        self.comes_to("succeed", "PSPS")
        self.assertEqual(["/out", "/in", "/in"], self.participant.paths())

    def test_an_error_is_asked_again(self):
        self.participant.answer("/in", ERROR, SUCCESS)
        self.saga().submit()
        self.comes_to("succeed", "PSPS")
        self.assertEqual(["/out", "/in", "/in"], self.participant.paths())

    def test_a_status_201_is_not_a_success(self):
        self.participant.answer("/in", Answer(201, "made"), SUCCESS)
        self.saga().submit()
        self.comes_to("succeed", "PSPS")
        self.assertEqual(["/out", "/in", "/in"], self.participant.paths())

    def test_a_compensation_is_repeated_until_it_succeeds(self):
        self.participant.answer("/in", FAILURE)
        self.participant.answer("/in-undo", ERROR, SUCCESS)
        self.saga().submit()
        self.comes_to("failed", "SSSF")
        expected = ["/out", "/in", "/in-undo", "/in-undo", "/out-undo"]
        self.assertEqual(expected, self.participant.paths())

    def test_a_compensation_cannot_fail(self):
        self.participant.answer("/out", FAILURE)
        self.participant.answer("/out-undo", FAILURE, SUCCESS)
        self.saga().submit()
        self.comes_to("failed", "SFPP")
        self.assertEqual(["/out", "/out-undo", "/out-undo"], self.participant.paths())

    def test_empty_urls_succeed_without_a_call(self):
        made = saga.Saga(stage.server.api, self.gid)
        made.add({"amount": 30}, self.url("/out"), "")
        made.add(None, "", "")
        made.add({"amount": 30}, self.url("/in"), "")
        made.submit()
        self.comes_to("succeed", "PSPSPS")
        self.assertEqual(["/out", "/in"], self.participant.paths())

    def test_empty_compensations_succeed_without_a_call(self):
        self.participant.answer("/in", FAILURE)
        made = saga.Saga(stage.server.api, self.gid)
        made.add({"amount": 30}, self.url("/out"), "")
        made.add({"amount": 30}, self.url("/in"), "")
        made.submit()
        self.comes_to("failed", "SSSF")
        self.assertEqual(["/out", "/in"], self.participant.paths())

    def test_without_steps_it_succeeds(self):
        saga.Saga(stage.server.api, self.gid).submit()
        self.comes_to("succeed", "")

    def test_wait_result_returns_when_it_is_done(self):
        made = self.saga()
        made.trans_base.wait_result = True
        made.submit()
        self.assertEqual(("succeed", "PSPS"), (self.status(), self.branches()))

    def test_wait_result_tells_of_a_failure(self):
        self.participant.answer("/in", FAILURE)
        made = self.saga()
        made.trans_base.wait_result = True
        with self.assertRaises(utils.DTMFailureError):
            made.submit()
        self.comes_to("failed", "SSSF")

    def test_wait_result_tells_that_it_is_not_done(self):
        self.participant.answer("/in", ONGOING, SUCCESS)
        made = self.saga()
        made.trans_base.wait_result = True
        with self.assertRaises(utils.DTMFailureError):
            made.submit()
        self.comes_to("succeed", "PSPS")

    def test_branch_headers_reach_the_first_call_and_the_repeated_one(self):
        self.participant.answer("/out", ERROR, SUCCESS)
        made = self.saga()
        made.trans_base.branch_headers = {"test_header": "test"}
        made.submit()
        self.comes_to("succeed")
        seen = [call.headers.get("test_header") for call in self.participant.calls()]
        self.assertEqual(["test"] * 3, seen)

    def test_a_timeout_undoes_it(self):
        self.participant.answer("/in", ONGOING)
        made = self.saga()
        made.trans_base.timeout_to_fail = 2
        made.submit()
        self.comes_to("failed", "SSSP")
        self.assertEqual(["/in-undo", "/out-undo"], self.participant.paths()[-2:])
        self.assertRegex(self.reason(), r"^Timeout after \d+ seconds$")

    def test_concurrent_steps_all_run(self):
        made = self.saga()
        made.trans_base.custom_data = json.dumps({"concurrent": True, "orders": {}})
        made.submit()
        self.comes_to("succeed", "PSPS")
        self.assertEqual({"/out", "/in"}, set(self.participant.paths()))

    def test_concurrent_steps_keep_their_order(self):
        made = self.saga()
        made.trans_base.custom_data = json.dumps({"concurrent": True, "orders": {"0": [1]}})
        made.submit()
        self.comes_to("succeed", "PSPS")
        self.assertEqual(["/in", "/out"], self.participant.paths())

    def test_concurrent_steps_are_undone_against_their_order(self):
        self.participant.answer("/in", FAILURE)
        made = self.saga()
        made.trans_base.custom_data = json.dumps({"concurrent": True, "orders": {"1": [0]}})
        made.submit()
        self.comes_to("failed", "SSSF")
        self.assertEqual(["/out", "/in", "/in-undo", "/out-undo"], self.participant.paths())

    def test_a_concurrent_step_whose_turn_never_came_is_left_alone(self):
        self.participant.answer("/out", FAILURE)
        made = self.saga()
        made.trans_base.custom_data = json.dumps({"concurrent": True, "orders": {"1": [0]}})
        made.submit()
        self.comes_to("failed", "SFPP")
        self.assertEqual(["/out", "/out-undo"], self.participant.paths())

    def test_the_retry_limit_undoes_it(self):
        self.participant.answer("/in", ERROR)
        made = self.saga()
        made.trans_base.retry_limit = 1
        made.submit()
        self.comes_to("failed", "SSSP")
        reason = "RetryCount is greater than RetryLimit, RetryLimit: 1"
        self.assertEqual(reason, self.reason())
        expected = ["/out", "/in", "/in", "/in-undo", "/out-undo"]
        self.assertEqual(expected, self.participant.paths())

    def test_within_the_retry_limit_it_succeeds(self):
        self.participant.answer("/in", ERROR, ERROR, ERROR, SUCCESS)
        made = self.saga()
        made.trans_base.retry_limit = 3
        made.submit()
        self.comes_to("succeed", "PSPS")

    def test_a_submit_while_it_runs_is_accepted(self):
        self.participant.answer("/out", ONGOING, SUCCESS)
        made = self.saga()
        made.submit()
        self.participant.wait_for("/out")
        made.submit()
        self.comes_to("succeed", "PSPS")

    def test_a_submit_after_the_end_is_refused(self):
        made = self.saga()
        made.submit()
        self.comes_to("succeed")
        with self.assertRaises(utils.DTMFailureError):
            made.submit()

    def test_a_gid_with_quotes_and_blanks(self):
        self.gid = f"{self.gid}-'  '"
        self.saga().submit()
        self.comes_to("succeed", "PSPS")
        self.assertEqual({self.gid}, {call.query["gid"] for call in self.participant.calls()})
