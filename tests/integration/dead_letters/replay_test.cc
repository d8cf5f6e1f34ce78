// Selections and the jobs that replay them, with the real engine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/integration/dead_letters/operator_stage.h"

namespace saga::integration {
namespace {

using core::Outcome;
using grpc::StatusCode;
using ::testing::HasSubstr;
using Stub = v1::DeadLetters::Stub;

class ReplayTest : public ::testing::Test {
 protected:
  void ExpectRefused(const grpc::Status& status, StatusCode code, const std::string& text) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(text));
  }
  void Doom(int count) {
    for (int i = 0; i < count; ++i) stage_.SubmitDoomed("g" + std::to_string(i));
    ASSERT_TRUE(stage_.WaitForDead(static_cast<size_t>(count)));
  }
  void Cure(int count) {
    for (int i = 0; i < count; ++i) {
      stage_.caller().Script(OperatorStage::Target("g" + std::to_string(i), "one/undo"),
                             {{Outcome::kSuccess, ""}});
    }
  }
  v1::Job Select(const std::string& filter) {
    v1::SelectDeadLettersRequest request;
    request.set_filter(filter);
    v1::Job job;
    const grpc::Status status = stage_.Call(&Stub::SelectDeadLetters, request, &job);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return job;
  }
  grpc::Status Execute(const std::string& token, v1::Job* job, double rate = 1000) {
    v1::ExecuteJobRequest request;
    request.set_token(token);
    request.mutable_limits()->set_rate(rate);
    *request.mutable_actor() = OperatorStage::Actor("it is up again");
    return stage_.Call(&Stub::ExecuteJob, request, job);
  }
  v1::Job WaitForJob(const std::string& token) {
    v1::Job job;
    EXPECT_TRUE(OperatorStage::Eventually([&] {
      job = stage_.Job(token);
      EXPECT_EQ(job.total(),
                job.pending() + job.running() + job.done() + job.failed() + job.skipped());
      return job.state() == "done" || job.state() == "stopped";
    })) << job.ShortDebugString();
    return job;
  }
  // Calls of each compensation of a first step, by target.
  std::map<std::string, int> Undone() {
    std::map<std::string, int> calls;
    for (const std::string& call : stage_.caller().Calls()) {
      if (call.ends_with("/one/undo")) ++calls[call];
    }
    return calls;
  }

  OperatorStage stage_;
};

TEST_F(ReplayTest, AJobReplaysItsSelectionOnce) {
  Doom(30);
  const v1::Job selected = Select("op=compensate");
  EXPECT_EQ(selected.state(), "selected");
  EXPECT_EQ(selected.total(), 30u);
  EXPECT_EQ(selected.pending(), 30u);
  EXPECT_EQ(selected.filter(), "op=compensate");
  Cure(30);
  v1::Job job;
  ASSERT_TRUE(Execute(selected.token(), &job).ok());
  EXPECT_EQ(job.state(), "running");
  EXPECT_EQ(job.actor(), "ann@desk test 1.0");
  EXPECT_EQ(job.limits().max_in_flight(), 8u);
  EXPECT_EQ(job.limits().canary(), 1);
  job = WaitForJob(selected.token());
  EXPECT_EQ(job.state(), "done");
  EXPECT_EQ(job.done(), 30u);
  EXPECT_GT(job.end_us(), job.start_us());
  for (int i = 0; i < 30; ++i) EXPECT_EQ(stage_.WaitForEnd("g" + std::to_string(i)), "failed");
  for (const auto& [call, times] : Undone())
    EXPECT_EQ(times, 3) << call << ": twice until it died, once for the replay";
  EXPECT_THAT(stage_.History("g7"),
              testing::Contains("replayed | 01 compensate | job " + selected.token() +
                                ": it is up again | ann@desk test 1.0"));
  ExpectRefused(Execute(selected.token(), &job), StatusCode::FAILED_PRECONDITION, "executed once");
  v1::StopJobRequest stop;
  stop.set_token(selected.token());
  *stop.mutable_actor() = OperatorStage::Actor();
  ExpectRefused(stage_.Call(&Stub::StopJob, stop, &job), StatusCode::FAILED_PRECONDITION,
                "there is nothing to stop");
}

TEST_F(ReplayTest, AStaleSelectionTouchesNothingElse) {
  Doom(4);
  const v1::Job selected = Select("");
  v1::DeadLetter letter;
  ASSERT_TRUE(stage_.Act("g0", "replay", &letter).ok());  // dies again: another death
  ASSERT_TRUE(OperatorStage::Eventually([&] {
    const auto stored = stage_.store().query->Find("g0");
    return stored.ok() && stored->transaction.branches[0].deaths == 2;
  }));
  ASSERT_TRUE(stage_.Act("g1", "done", &letter).ok());
  EXPECT_EQ(stage_.WaitForEnd("g1"), "failed");
  Cure(4);
  v1::Job job;
  ASSERT_TRUE(Execute(selected.token(), &job).ok());
  job = WaitForJob(selected.token());
  EXPECT_EQ(job.skipped(), 2u);
  EXPECT_EQ(job.done(), 2u);
  job = stage_.Job(selected.token(), 10);
  ASSERT_EQ(job.items_size(), 4);
  EXPECT_EQ(job.items(0).text(), "it has died 2 times by now, and death 1 was meant");
  EXPECT_EQ(job.items(1).text(), "it has succeeded, or was resolved as done");
  EXPECT_EQ(job.items(2).state(), "done");
  EXPECT_EQ(stage_.Get("g0").death(), 2u) << "still dead";
}

TEST_F(ReplayTest, ACanaryFindsOutThatNothingIsCured) {
  Doom(10);
  const v1::Job selected = Select("dest=p:1");
  v1::Job job;
  ASSERT_TRUE(Execute(selected.token(), &job).ok());
  job = WaitForJob(selected.token());
  EXPECT_EQ(job.state(), "stopped");
  EXPECT_THAT(job.stop_reason(), HasSubstr("canary failed"));
  EXPECT_EQ(job.failed(), 1u);
  EXPECT_EQ(job.pending(), 9u);
  EXPECT_TRUE(stage_.WaitForDead(10));
}

TEST_F(ReplayTest, AJobGoesOnAfterARestart) {
  Doom(20);
  Cure(20);
  const std::string held = OperatorStage::Target("g3", "one/undo");
  stage_.caller().Hold(held);
  const v1::Job selected = Select("");
  v1::Job job;
  ASSERT_TRUE(Execute(selected.token(), &job, 200).ok());
  ASSERT_TRUE(OperatorStage::Eventually([&] { return Undone()["compensate " + held] == 3; }));
  stage_.Restart();
  EXPECT_EQ(stage_.Job(selected.token()).state(), "running");
  stage_.caller().Release(held);
  job = WaitForJob(selected.token());
  EXPECT_EQ(job.state(), "done");
  EXPECT_EQ(job.done(), 20u);
  for (const auto& [call, times] : Undone()) {
    if (call != "compensate " + held) {
      EXPECT_EQ(times, 3) << call;
    }
  }
}

TEST_F(ReplayTest, SelectionsSayWhatTheyCannotSelect) {
  Doom(3);
  v1::SelectDeadLettersRequest request;
  v1::Job job;
  request.set_filter("gid=nobody");
  ExpectRefused(stage_.Call(&Stub::SelectDeadLetters, request, &job), StatusCode::NOT_FOUND,
                "no dead letter matches 'gid=nobody'");
  request.set_filter("");
  request.set_max_items(2);
  ExpectRefused(stage_.Call(&Stub::SelectDeadLetters, request, &job),
                StatusCode::FAILED_PRECONDITION, "more than 2 dead letters match");
  request.set_max_items(0);
  *request.add_names() = OperatorStage::Name("g1");
  *request.add_names() = OperatorStage::Name("g1");
  ASSERT_TRUE(stage_.Call(&Stub::SelectDeadLetters, request, &job).ok());
  EXPECT_EQ(job.total(), 1u);
  *request.add_names() = OperatorStage::Name("nobody");
  ExpectRefused(stage_.Call(&Stub::SelectDeadLetters, request, &job),
                StatusCode::FAILED_PRECONDITION,
                "'nobody' branch 01 compensate is no dead letter: there is no such transaction");
  request.set_filter("op=action");
  ExpectRefused(stage_.Call(&Stub::SelectDeadLetters, request, &job), StatusCode::INVALID_ARGUMENT,
                "only one of them");
  ExpectRefused(Execute("nosuchtoken0", &job), StatusCode::NOT_FOUND, "select again");
  ExpectRefused(Execute(Select("").token(), &job, -5), StatusCode::INVALID_ARGUMENT, "rate");
  v1::ListJobsReply jobs;
  ASSERT_TRUE(stage_.Call(&Stub::ListJobs, v1::ListJobsRequest(), &jobs).ok());
  EXPECT_EQ(jobs.jobs_size(), 2) << "what was refused left nothing behind";
}

}  // namespace
}  // namespace saga::integration
