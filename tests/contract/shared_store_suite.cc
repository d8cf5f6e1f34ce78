// Several nodes on one store: who holds what, what a node that lost its lease can still do
// (nothing), and how its work gets to the others.

#include "tests/contract/shared_store_suite.h"

#include <set>
#include <thread>

#include "absl/strings/str_cat.h"

namespace saga::contract {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// Long past on every clock: due at once.
constexpr base::Time kDue{1'700'000'001'000'000};

core::GlobalTransaction Changed(core::GlobalTransaction transaction) {
  transaction.version += 1;
  transaction.limited_retries += 1;
  return transaction;
}

core::GlobalTransaction Ended(core::GlobalTransaction transaction) {
  transaction.version += 1;
  transaction.status = core::Status::kSucceed;
  transaction.finish_time = transaction.create_time + base::Seconds(1);
  return transaction;
}

std::vector<base::Message> MessageWithKey(const std::string& key) {
  return {{.topic = "events", .key = key, .value = base::MakeBytes("body of " + key)}};
}

// --- who holds

TEST_P(SharedStoreContract, ALiveHolderKeepsOthersOut) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  const core::GlobalTransaction saga = SmallSaga("held");
  ASSERT_EQ(Insert(a, saga, kDue), Result::kDone);

  const port::Holding seen = b.store->Claim("held");
  EXPECT_EQ(seen.kind, Whose::kElsewhere);
  EXPECT_EQ(seen.address, "a.example:36790");
  EXPECT_THAT(ClaimDue(b), IsEmpty());
  EXPECT_EQ(Update(b, Changed(saga), kDue), Result::kConflict);
  EXPECT_EQ(*b.store->Load("held"), saga);

  EXPECT_TRUE(a.store->Claim("held").Ours());
  EXPECT_EQ(Update(a, Changed(saga), kDue), Result::kDone);
  EXPECT_EQ(*b.store->Load("held"), Changed(saga));
}

TEST_P(SharedStoreContract, ALiveHolderKeepsWhatItHoldsForLong) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  ASSERT_EQ(Insert(a, SmallSaga("held"), kDue), Result::kDone);
  PassLease({a, b});
  PassLease({a, b});
  EXPECT_THAT(ClaimDue(b), IsEmpty());
  EXPECT_EQ(b.store->Claim("held").kind, Whose::kElsewhere);
  EXPECT_GT(a.store->HeldUntil(), Now());
  EXPECT_THAT(a.store->TakeLost(), IsEmpty());
  EXPECT_EQ(Update(a, Changed(SmallSaga("held")), kDue), Result::kDone);
}

TEST_P(SharedStoreContract, ATakenGidIsTakenForAll) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  const core::GlobalTransaction saga = SmallSaga("taken");
  ASSERT_EQ(Insert(a, saga, kDue), Result::kDone);
  EXPECT_EQ(Insert(b, SmallSaga("taken"), kDue), Result::kAlreadyThere);
  EXPECT_EQ(last_.existing, saga);
  EXPECT_EQ(b.store->Claim("taken").kind, Whose::kElsewhere);
}

TEST_P(SharedStoreContract, WhatIsReleasedIsAnybodys) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  ASSERT_EQ(Insert(a, SmallSaga("first"), kDue), Result::kDone);
  ASSERT_EQ(Insert(a, SmallSaga("second"), kDue), Result::kDone);
  Release(a, "first");
  EXPECT_THAT(ClaimDue(b), ElementsAre("first"));
  EXPECT_THAT(ClaimDue(a), IsEmpty());
  EXPECT_EQ(a.store->Claim("first").kind, Whose::kElsewhere);
  EXPECT_EQ(Update(a, Changed(SmallSaga("first")), kDue), Result::kConflict);
  EXPECT_EQ(Update(b, Changed(SmallSaga("first")), kDue), Result::kDone);

  Release(a, "second");
  EXPECT_TRUE(b.store->Claim("second").Ours());
  EXPECT_EQ(a.store->Claim("second").kind, Whose::kElsewhere);
}

TEST_P(SharedStoreContract, ReleasingWhatAnotherHoldsTakesNothingFromIt) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  ASSERT_EQ(Insert(a, SmallSaga("held"), kDue), Result::kDone);
  Release(b, "held");
  EXPECT_THAT(ClaimDue(b), IsEmpty());
  EXPECT_EQ(Update(a, Changed(SmallSaga("held")), kDue), Result::kDone);
}

TEST_P(SharedStoreContract, AnEndedOneIsNobodys) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  const core::GlobalTransaction saga = SmallSaga("ends");
  ASSERT_EQ(Insert(a, saga, kDue), Result::kDone);
  ASSERT_EQ(Update(a, Ended(saga), base::kNever), Result::kDone);
  EXPECT_EQ(a.store->Claim("ends").kind, Whose::kNobodys);
  EXPECT_EQ(b.store->Claim("ends").kind, Whose::kNobodys);
  EXPECT_EQ(*b.store->Load("ends"), Ended(saga));
}

TEST_P(SharedStoreContract, FreeOnesAreClaimedByOneEach) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  std::set<std::string> all;
  for (int i = 0; i < 40; ++i) {
    const std::string gid = absl::StrCat("gid-", i);
    ASSERT_EQ(Insert(a, SmallSaga(gid), kDue), Result::kDone);
    Release(a, gid);
    all.insert(gid);
  }
  std::vector<std::string> of_a;
  std::vector<std::string> of_b;
  const auto claim = [this](const SharedNode& node, std::vector<std::string>* mine) {
    for (;;) {
      const std::vector<std::string> some = ClaimDue(node, 3);
      if (some.empty()) return;
      mine->insert(mine->end(), some.begin(), some.end());
    }
  };
  std::thread other([&] { claim(b, &of_b); });
  claim(a, &of_a);
  other.join();
  // One that looked while the other one took may have seen nothing to take: what is left is due.
  claim(a, &of_a);
  EXPECT_EQ(of_a.size() + of_b.size(), all.size());
  std::set<std::string> seen(of_a.begin(), of_a.end());
  seen.insert(of_b.begin(), of_b.end());
  EXPECT_EQ(seen, all);
}

TEST_P(SharedStoreContract, OneGidAtTwoNodesAtOnceIsInsertedOnce) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  constexpr int kGids = 50;
  std::vector<Result> of_a(kGids);
  std::vector<Result> of_b(kGids);
  const auto insert = [](const SharedNode& node, std::vector<Result>* results) {
    for (int i = 0; i < kGids; ++i) {
      const core::GlobalTransaction saga = SmallSaga(absl::StrCat("gid-", i));
      (*results)[i] = node.store->Commit({InsertOf(saga, kDue)})[0].kind;
    }
  };
  std::thread other([&] { insert(b, &of_b); });
  insert(a, &of_a);
  other.join();
  for (int i = 0; i < kGids; ++i) {
    EXPECT_THAT((std::vector<Result>{of_a[i], of_b[i]}),
                UnorderedElementsAre(Result::kDone, Result::kAlreadyThere))
        << i;
    const SharedNode& winner = of_a[i] == Result::kDone ? a : b;
    EXPECT_TRUE(winner.store->Claim(absl::StrCat("gid-", i)).Ours()) << i;
  }
}

// What one node adds to a transaction comes after what another one put there.
TEST_P(SharedStoreContract, RowsKeepTheirOrderWhoeverAddsThem) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  ASSERT_EQ(Insert(a, SmallSaga("first"), kDue), Result::kDone);
  core::GlobalTransaction grows = SmallSaga("grows");
  ASSERT_EQ(Insert(b, grows, kDue), Result::kDone);
  b.store->Release("grows");
  ASSERT_THAT(ClaimDue(b), ElementsAre("grows"));
  b.store->Release("grows");
  ASSERT_TRUE(b.store->NextDue().ok());
  ASSERT_TRUE(a.store->Claim("grows").Ours());
  grows.version += 1;
  core::Branch added = grows.branches.back();
  added.branch_id = "09";
  grows.branches.push_back(added);
  const std::vector<uint32_t> rows = {static_cast<uint32_t>(grows.branches.size() - 1)};
  ASSERT_EQ(Put(a, UpdateOf(grows, kDue, &rows)), Result::kDone);
  EXPECT_EQ(*a.store->Load("grows"), grows);
  EXPECT_EQ(*b.store->Load("grows"), grows);
}

// --- a lease that runs out

TEST_P(SharedStoreContract, AFrozenNodesWorkIsTakenOverAndItCanWriteNothing) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  const core::GlobalTransaction saga = SmallSaga("moves");
  const core::GlobalTransaction quiet = SmallSaga("quiet");
  ASSERT_EQ(Insert(a, saga, kDue), Result::kDone);
  ASSERT_EQ(Insert(a, quiet, base::kNever), Result::kDone);
  under_test_->Freeze(a);
  ASSERT_TRUE(Within({b}, [&] {
    const std::vector<std::string> claimed = ClaimDue(b);
    return claimed == std::vector<std::string>{"moves"};
  }));
  EXPECT_TRUE(b.store->Claim("quiet").Ours());

  // It wakes up and goes on with what it was about to do.
  const std::vector<base::Message> message = MessageWithKey("from the past");
  const core::GlobalTransaction changed = Changed(saga);
  const core::GlobalTransaction late = SmallSaga("late");
  const core::GlobalTransaction quiet_changed = Changed(quiet);
  port::Write update = UpdateOf(changed, kDue);
  port::Write insert = InsertOf(late, kDue);
  update.outbox = insert.outbox = &message;
  const auto results = a.store->Commit({update, insert, UpdateOf(quiet_changed, base::kNever)});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].kind, Result::kConflict);
  EXPECT_NE(results[1].kind, Result::kDone);
  EXPECT_EQ(results[2].kind, Result::kConflict);
  EXPECT_EQ(*b.store->Load("moves"), saga);
  EXPECT_EQ(*b.store->Load("quiet"), quiet);
  EXPECT_TRUE(absl::IsNotFound(b.store->Load("late").status()));
  EXPECT_THAT(OutboxKeys(b), IsEmpty());
  EXPECT_EQ(Update(b, changed, kDue), Result::kDone);
}

TEST_P(SharedStoreContract, AFencedNodeLearnsWhatItLostAndGoesOnAsAnother) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  const core::GlobalTransaction saga = SmallSaga("moves");
  ASSERT_EQ(Insert(a, saga, kDue), Result::kDone);
  ASSERT_EQ(Insert(a, SmallSaga("waits"), base::kNever), Result::kDone);
  ASSERT_EQ(Insert(a, SmallSaga("ended"), kDue), Result::kDone);
  ASSERT_EQ(Update(a, Ended(SmallSaga("ended")), base::kNever), Result::kDone);
  ASSERT_EQ(Insert(a, SmallSaga("given back"), base::kNever), Result::kDone);
  Release(a, "given back");
  EXPECT_THAT(a.store->TakeLost(), IsEmpty());
  under_test_->Freeze(a);
  ASSERT_TRUE(Within({b}, [&] { return !ClaimDue(b).empty(); }));

  EXPECT_EQ(Update(a, Changed(saga), kDue), Result::kConflict);
  EXPECT_LE(a.store->HeldUntil(), Now());
  EXPECT_THAT(a.store->TakeLost(), UnorderedElementsAre("moves", "waits"));
  EXPECT_THAT(a.store->TakeLost(), IsEmpty());

  // It joins anew, if it has not already, and works like any other.
  EXPECT_TRUE(Within({a, b}, [&] { return a.store->HeldUntil() > Now(); }));
  EXPECT_EQ(a.store->Claim("moves").kind, Whose::kElsewhere);
  EXPECT_TRUE(a.store->Claim("waits").Ours());
  EXPECT_EQ(b.store->Claim("waits").kind, Whose::kElsewhere);
  EXPECT_EQ(Insert(a, SmallSaga("new"), kDue), Result::kDone);
  EXPECT_EQ(b.store->Claim("new").kind, Whose::kElsewhere);
  EXPECT_EQ(Update(a, Changed(saga), kDue), Result::kConflict);
}

TEST_P(SharedStoreContract, AReadByAFencedNodeClaimsNothingInItsOldName) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  ASSERT_EQ(Insert(a, SmallSaga("moves"), kDue), Result::kDone);
  ASSERT_EQ(Insert(b, SmallSaga("free"), kDue), Result::kDone);
  under_test_->Freeze(a);
  ASSERT_TRUE(Within({b}, [&] { return !ClaimDue(b).empty(); }));
  Release(b, "free");
  // Whatever it does first: what it then says it holds, it holds.
  const std::vector<std::string> claimed = ClaimDue(a);
  const bool ours = a.store->Claim("free").Ours();
  EXPECT_THAT(claimed, Not(Contains("moves")));
  EXPECT_EQ(b.store->Claim("free").kind, ours ? Whose::kElsewhere : Whose::kOurs);
}

TEST_P(SharedStoreContract, NobodyHoldsBeforeTheOtherOnesTimeIsOver) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  ASSERT_EQ(Insert(a, SmallSaga("moves"), kDue), Result::kDone);
  const base::Time until = a.store->HeldUntil();
  EXPECT_GT(until, Now());
  EXPECT_LT(until, base::kNever);
  under_test_->Freeze(a);
  ASSERT_TRUE(Within({b}, [&] { return !ClaimDue(b).empty(); }));
  EXPECT_GE(Now(), until);
}

TEST_P(SharedStoreContract, AVersionThatWasWrittenByTheOldHolderDoesNotCountTwice) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  const core::GlobalTransaction saga = SmallSaga("moves");
  ASSERT_EQ(Insert(a, saga, kDue), Result::kDone);
  under_test_->Freeze(a);
  ASSERT_TRUE(Within({b}, [&] { return !ClaimDue(b).empty(); }));
  // Taken and given back unchanged: the version alone would let the old holder's write pass.
  Release(b, "moves");
  EXPECT_EQ(Update(a, Changed(saga), kDue), Result::kConflict);
  EXPECT_EQ(*b.store->Load("moves"), saga);
}

// --- nodes that go and come

TEST_P(SharedStoreContract, AKilledNodesWorkIsFoundByWhoFollowsNextDue) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  for (const std::string gid : {"one", "two", "three"})
    ASSERT_EQ(Insert(a, SmallSaga(gid), kDue), Result::kDone);
  under_test_->Kill(a);
  std::vector<std::string> taken;
  const base::Time end = Now() + base::Micros(under_test_->Lease().micros * 40);
  // As an engine does it, and nothing else.
  while (taken.size() < 3 && Now() < end) {
    const auto next = b.store->NextDue();
    ASSERT_TRUE(next.ok()) << next.status();
    ASSERT_LE(*next, end) << "nobody would look again";
    under_test_->SleepUntil(std::max(*next, Now() + base::Millis(1)));
    for (const std::string& gid : ClaimDue(b)) taken.push_back(gid);
  }
  EXPECT_THAT(taken, UnorderedElementsAre("one", "two", "three"));
  for (const std::string& gid : taken)
    EXPECT_EQ(Update(b, Changed(SmallSaga(gid)), kDue), Result::kDone);
}

TEST_P(SharedStoreContract, ALeavingNodeHandsOverAtOnce) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  const core::GlobalTransaction saga = SmallSaga("moves");
  ASSERT_EQ(Insert(a, saga, kDue), Result::kDone);
  ASSERT_EQ(Insert(a, SmallSaga("quiet"), base::kNever), Result::kDone);
  const std::vector<base::Message> message = MessageWithKey("after the end");
  a.store->Leave();
  EXPECT_THAT(ClaimDue(b), ElementsAre("moves"));
  EXPECT_TRUE(b.store->Claim("quiet").Ours());
  const core::GlobalTransaction late = SmallSaga("late");
  EXPECT_NE(Update(a, Changed(saga), kDue, &message), Result::kDone);
  EXPECT_NE(Insert(a, late, kDue, &message), Result::kDone);
  EXPECT_EQ(*b.store->Load("moves"), saga);
  EXPECT_TRUE(absl::IsNotFound(b.store->Load("late").status()));
  EXPECT_THAT(OutboxKeys(b), IsEmpty());
}

TEST_P(SharedStoreContract, AJoiningNodeMovesNothing) {
  const SharedNode a = Join("a");
  ASSERT_EQ(Insert(a, SmallSaga("held"), kDue), Result::kDone);
  const SharedNode b = Join("b");
  const SharedNode c = Join("c");
  EXPECT_THAT(ClaimDue(b), IsEmpty());
  EXPECT_EQ(c.store->Claim("held").kind, Whose::kElsewhere);
  EXPECT_EQ(Update(a, Changed(SmallSaga("held")), kDue), Result::kDone);
}

TEST_P(SharedStoreContract, AfterAllAreGoneTheNextOneFindsEverything) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  ASSERT_EQ(Insert(a, SmallSaga("of a"), kDue), Result::kDone);
  ASSERT_EQ(Insert(b, SmallSaga("of b"), kDue), Result::kDone);
  under_test_->Kill(a);
  under_test_->Kill(b);
  const SharedNode c = Join("c");
  std::vector<std::string> taken;
  EXPECT_TRUE(Within({c}, [&] {
    for (const std::string& gid : ClaimDue(c)) taken.push_back(gid);
    return taken.size() == 2;
  }));
  EXPECT_THAT(taken, UnorderedElementsAre("of a", "of b"));
}

TEST_P(SharedStoreContract, NodesAreListed) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  ASSERT_EQ(Insert(a, SmallSaga("one"), kDue), Result::kDone);
  ASSERT_EQ(Insert(a, SmallSaga("two"), base::kNever), Result::kDone);
  ASSERT_EQ(Insert(b, SmallSaga("three"), kDue), Result::kDone);
  const port::NodeView of_a = Node(b, "a");
  const port::NodeView of_b = Node(b, "b");
  EXPECT_LT(of_a.id, of_b.id);
  EXPECT_EQ(of_a.address, "a.example:36790");
  EXPECT_EQ(of_a.state, port::NodeState::kLive);
  EXPECT_EQ(of_a.held, 2u);
  EXPECT_FALSE(of_a.self);
  EXPECT_GT(of_a.lease_end, Now());
  EXPECT_EQ(of_b.held, 1u);
  EXPECT_TRUE(of_b.self);
  EXPECT_EQ(*b.nodes->HolderOf("one"), of_a.id);
  EXPECT_EQ(*a.nodes->HolderOf("three"), of_b.id);
  EXPECT_EQ(*a.nodes->HolderOf("nobody's"), 0u);

  a.store->Leave();
  EXPECT_NE(Node(b, "a").state, port::NodeState::kLive);
  EXPECT_EQ(*b.nodes->HolderOf("one"), 0u);
  under_test_->Kill(b);
  const SharedNode c = Join("c");
  EXPECT_TRUE(Within({c}, [&] { return Node(c, "b").state == port::NodeState::kGone; }));
  EXPECT_EQ(Node(c, "c").state, port::NodeState::kLive);
}

// --- the other sides

TEST_P(SharedStoreContract, EachNodePublishesWhatItsOwnCommitsPutThere) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  const std::vector<base::Message> of_a = MessageWithKey("of a");
  const std::vector<base::Message> of_b = MessageWithKey("of b");
  ASSERT_EQ(Insert(a, SmallSaga("one"), kDue, &of_a), Result::kDone);
  ASSERT_EQ(Insert(b, SmallSaga("two"), kDue, &of_b), Result::kDone);
  EXPECT_THAT(OutboxKeys(a), ElementsAre("of a"));
  EXPECT_THAT(OutboxKeys(b), ElementsAre("of b"));

  const auto records = b.outbox->ReadOutbox(0, 10);
  ASSERT_TRUE(records.ok() && records->size() == 1);
  ASSERT_TRUE(b.outbox->RemoveOutbox({(*records)[0].id}).ok());
  EXPECT_THAT(OutboxKeys(b), IsEmpty());
  EXPECT_THAT(OutboxKeys(a), ElementsAre("of a"));
}

TEST_P(SharedStoreContract, WhatADeadNodeDidNotPublishIsPublishedByAnother) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  const std::vector<base::Message> of_a = MessageWithKey("of a");
  ASSERT_EQ(Insert(a, SmallSaga("one"), kDue, &of_a), Result::kDone);
  under_test_->Kill(a);
  EXPECT_TRUE(Within({b}, [&] {
    ClaimDue(b);
    return !OutboxKeys(b).empty();
  }));
  EXPECT_THAT(OutboxKeys(b), ElementsAre("of a"));
}

TEST_P(SharedStoreContract, WhatALeavingNodeDidNotPublishIsPublishedByAnother) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  const std::vector<base::Message> of_a = MessageWithKey("of a");
  ASSERT_EQ(Insert(a, SmallSaga("one"), kDue, &of_a), Result::kDone);
  a.store->Leave();
  EXPECT_TRUE(Within({b}, [&] {
    ClaimDue(b);
    return !OutboxKeys(b).empty();
  }));
  EXPECT_THAT(OutboxKeys(b), ElementsAre("of a"));
}

TEST_P(SharedStoreContract, AJobBelongsToOneNode) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  port::Job job{.token = "job", .filter = "dead", .create_time = kDue};
  ASSERT_TRUE(a.jobs->CreateJob(job, {{.number = 0, .gid = "one", .branch_id = "01"}}).ok());
  EXPECT_THAT(JobsOf(a), IsEmpty());
  EXPECT_THAT(JobsOf(b), IsEmpty());

  job.state = port::JobState::kRunning;
  job.actor = "ann";
  ASSERT_TRUE(b.jobs->UpdateJob(job).ok());
  EXPECT_EQ(*a.jobs->FindJob("job"), job);
  EXPECT_THAT(JobsOf(a), IsEmpty());
  EXPECT_THAT(JobsOf(b), ElementsAre("job"));
  // Executed at another node at the same time.
  port::Job again = job;
  again.actor = "bob";
  EXPECT_TRUE(absl::IsAborted(a.jobs->UpdateJob(again)));
  const std::vector<port::JobItem> items = {
      {.number = 0, .gid = "one", .branch_id = "01", .state = port::ItemState::kRunning}};
  EXPECT_TRUE(absl::IsAborted(a.jobs->UpdateItems("job", items)));
  EXPECT_TRUE(b.jobs->UpdateItems("job", items).ok());
  EXPECT_EQ(a.jobs->FindJob("job")->actor, "ann");

  EXPECT_TRUE(absl::IsNotFound(a.jobs->StopJob("nobody's", "why")));
  ASSERT_TRUE(a.jobs->StopJob("job", "enough").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(a.jobs->StopJob("job", "enough")));
  const auto told = b.jobs->ClaimJobs();
  ASSERT_TRUE(told.ok() && told->size() == 1);
  EXPECT_EQ((*told)[0].state, port::JobState::kStopping);
  EXPECT_EQ((*told)[0].stop_reason, "enough");
  job.state = port::JobState::kStopped;
  ASSERT_TRUE(b.jobs->UpdateJob(job).ok());
  EXPECT_THAT(JobsOf(b), IsEmpty());
}

TEST_P(SharedStoreContract, ADeadNodesJobIsTakenUp) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  port::Job job{.token = "job", .filter = "dead", .create_time = kDue};
  ASSERT_TRUE(a.jobs->CreateJob(job, {{.number = 0, .gid = "one", .branch_id = "01"}}).ok());
  job.state = port::JobState::kRunning;
  ASSERT_TRUE(a.jobs->UpdateJob(job).ok());
  under_test_->Freeze(a);
  EXPECT_TRUE(Within({b}, [&] { return !JobsOf(b).empty(); }));
  EXPECT_THAT(JobsOf(b), ElementsAre("job"));
  const std::vector<port::JobItem> items = {
      {.number = 0, .gid = "one", .branch_id = "01", .state = port::ItemState::kDone}};
  EXPECT_FALSE(a.jobs->UpdateItems("job", items).ok());
  EXPECT_FALSE(a.jobs->UpdateJob(job).ok());
  EXPECT_THAT(JobsOf(a), IsEmpty());
  EXPECT_EQ(a.jobs->CountItems("job")->pending, 1u);
  EXPECT_TRUE(b.jobs->UpdateItems("job", items).ok());
}

TEST_P(SharedStoreContract, ALeavingNodesJobIsTakenUpAtOnce) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  port::Job job{.token = "job", .filter = "dead", .create_time = kDue};
  ASSERT_TRUE(a.jobs->CreateJob(job, {}).ok());
  job.state = port::JobState::kRunning;
  ASSERT_TRUE(a.jobs->UpdateJob(job).ok());
  a.store->Leave();
  EXPECT_THAT(JobsOf(b), ElementsAre("job"));
}

TEST_P(SharedStoreContract, RecordsBesideTheTransactionsAreSeenByAll) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  ASSERT_TRUE(a.kv->CreateKv("topics", "paid", "one", kDue).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(b.kv->CreateKv("topics", "paid", "two", kDue)));
  auto seen = b.kv->FindKv("topics", "paid");
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(seen->value, "one");
  ASSERT_TRUE(b.kv->UpdateKv("topics", "paid", "two", seen->version, kDue).ok());
  EXPECT_TRUE(absl::IsNotFound(a.kv->UpdateKv("topics", "paid", "three", seen->version, kDue)));
  EXPECT_EQ(a.kv->FindKv("topics", "paid")->value, "two");
}

TEST_P(SharedStoreContract, QueriesSeeWhatAnyNodeWrote) {
  const SharedNode a = Join("a");
  const SharedNode b = Join("b");
  ASSERT_EQ(Insert(a, SmallSaga("one"), kDue), Result::kDone);
  const auto found = b.query->Find("one");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->transaction, SmallSaga("one"));
}

}  // namespace
}  // namespace saga::contract
