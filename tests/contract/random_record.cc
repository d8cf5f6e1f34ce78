#include "tests/contract/random_record.h"

#include <utility>

namespace saga::contract {
namespace {

uint64_t Below(Random& random, uint64_t limit) { return random() % limit; }
bool Coin(Random& random) { return Below(random, 2) == 0; }

// 0 often, otherwise any length of number.
int64_t Number(Random& random) {
  return Coin(random) ? 0 : static_cast<int64_t>(random() >> (1 + Below(random, 62)));
}
uint32_t SmallNumber(Random& random) { return static_cast<uint32_t>(Number(random)); }
base::Time SomeTime(Random& random) { return base::Time{Number(random)}; }

core::Outcome SomeOutcome(Random& random) {
  return static_cast<core::Outcome>(1 + Below(random, 4));
}
core::Op SomeOp(Random& random) { return static_cast<core::Op>(1 + Below(random, 10)); }

// Between 0 and 1, often 0; any bit may be set.
double Fraction(Random& random) {
  return Coin(random) ? 0 : static_cast<double>(random() >> 11) / static_cast<double>(1ULL << 53);
}

core::RetryPolicy RandomRetry(Random& random) {
  if (Coin(random)) return {};
  return {.interval = base::Micros(Number(random)),
          .factor = 10 * Fraction(random),
          .cap = base::Micros(Number(random)),
          .jitter = Fraction(random),
          .attempt_limit = SmallNumber(random)};
}

void RandomTrouble(Random& random, core::Branch* branch) {
  const bool any = Coin(random);
  branch->on_fallback = any && Coin(random);
  branch->first_failure = any ? SomeTime(random) : base::Time{};
  branch->last_failure = any ? SomeTime(random) : base::Time{};
  branch->dead = static_cast<core::DeadReason>(any ? Below(random, 5) : 0);
  branch->dead_time = any ? SomeTime(random) : base::Time{};
  branch->deaths = any ? SmallNumber(random) : 0;
}

void RandomProgress(Random& random, core::Branch* branch) {
  branch->status = static_cast<core::BranchStatus>(1 + Below(random, 3));
  branch->called = Coin(random);
  branch->attempts = SmallNumber(random);
  branch->unknown_streak = SmallNumber(random);
  branch->last_outcome = SomeOutcome(random);
  branch->answered = Coin(random);
  branch->next_attempt = SomeTime(random);
  branch->finish_time = SomeTime(random);
  branch->last_error = RandomBytes(random, 60);
  RandomTrouble(random, branch);
}

// `row` is in the branch_id: a branch has an op once.
core::Branch RandomBranch(Random& random, size_t row, const base::Bytes& payload_before) {
  core::Branch branch;
  branch.branch_id = RandomBytes(random, 20) + "#" + std::to_string(row);
  branch.op = SomeOp(random);
  branch.target = RandomBytes(random, 100);
  switch (Below(random, 4)) {
    case 0:
      branch.payload = payload_before;
      break;
    case 1:
      branch.payload = base::MakeBytes(base::Value(payload_before));
      break;
    case 2:
      break;
    default:
      branch.payload = base::MakeBytes(RandomBytes(random, 3000));
  }
  branch.retry = RandomRetry(random);
  RandomProgress(random, &branch);
  return branch;
}

void RandomState(Random& random, core::GlobalTransaction* transaction) {
  transaction->mode = static_cast<core::Mode>(1 + Below(random, 5));
  transaction->status = static_cast<core::Status>(1 + Below(random, 3));
  transaction->protocol = static_cast<core::Protocol>(1 + Below(random, 3));
  core::Options options;
  if (Coin(random)) {
    options.timeout_to_fail_s = Number(random);
    options.retry_interval_s = Number(random);
    options.request_timeout_s = -Number(random);
    options.retry_limit = Number(random);
    options.attempt_limit = Number(random);
    for (uint64_t i = Below(random, 4); i > 0; --i) {
      options.branch_headers[RandomBytes(random, 10)] = RandomBytes(random, 30);
    }
  }
  transaction->options = std::move(options);
  transaction->wait_result = Coin(random);
  transaction->concurrent = Coin(random);
  transaction->predecessors.clear();
  for (uint64_t i = Below(random, 5); i > 0; --i) {
    std::vector<uint32_t>& steps = transaction->predecessors.emplace_back();
    for (uint64_t j = Below(random, 4); j > 0; --j) steps.push_back(SmallNumber(random));
  }
  transaction->delay_s = Number(random);
  transaction->custom_data = RandomBytes(random, 2000);
  transaction->query_prepared = RandomBytes(random, 100);
  transaction->workflow = RandomBytes(random, 40);
  transaction->result = RandomBytes(random, 2000);
  transaction->rollback_reason = RandomBytes(random, 100);
  transaction->limited_retries = SmallNumber(random);
  transaction->definition = RandomBytes(random, 20);
  transaction->definition_version = SmallNumber(random);
  transaction->create_time = SomeTime(random);
  transaction->update_time = SomeTime(random);
  transaction->finish_time = SomeTime(random);
}

}  // namespace

std::string RandomBytes(Random& random, size_t max) {
  const uint64_t kind = Below(random, 4);
  std::string bytes(kind == 0 ? 0 : Below(random, kind == 1 ? max + 1 : max / 8 + 2), '\0');
  for (char& byte : bytes)
    byte = static_cast<char>(Coin(random) ? 'a' + Below(random, 26) : Below(random, 256));
  return bytes.substr(0, max);
}

core::GlobalTransaction RandomTransaction(Random& random, std::string gid, size_t max_branches) {
  core::GlobalTransaction transaction;
  transaction.gid = std::move(gid);
  transaction.version = 1;
  RandomState(random, &transaction);
  base::Bytes before;
  for (uint64_t i = Below(random, max_branches + 1); i > 0; --i) {
    transaction.branches.push_back(RandomBranch(random, transaction.branches.size(), before));
    before = transaction.branches.back().payload;
  }
  return transaction;
}

std::vector<uint32_t> ChangeAtRandom(Random& random, core::GlobalTransaction& transaction) {
  transaction.version += 1;
  RandomState(random, &transaction);
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < transaction.branches.size(); ++row) {
    if (Coin(random)) continue;
    RandomProgress(random, &transaction.branches[row]);
    rows.push_back(row);
  }
  for (uint64_t i = Below(random, 3); i > 0; --i) {
    rows.push_back(static_cast<uint32_t>(transaction.branches.size()));
    const base::Bytes before =
        transaction.branches.empty() ? nullptr : transaction.branches.back().payload;
    transaction.branches.push_back(RandomBranch(random, transaction.branches.size(), before));
  }
  return rows;
}

core::HistoryEntry RandomHistory(Random& random) {
  return {.time = SomeTime(random),
          .kind = static_cast<core::HistoryKind>(1 + Below(random, 15)),
          .branch_id = RandomBytes(random, 20),
          .op = SomeOp(random),
          .attempt = SmallNumber(random),
          .outcome = SomeOutcome(random),
          .text = RandomBytes(random, 200),
          .actor = RandomBytes(random, 20)};
}

base::Message RandomMessage(Random& random) {
  base::Message message{.topic = RandomBytes(random, 20), .key = RandomBytes(random, 40)};
  for (uint64_t i = Below(random, 5); i > 0; --i)
    message.headers.emplace_back(RandomBytes(random, 10), RandomBytes(random, 50));
  if (Coin(random)) message.value = base::MakeBytes(RandomBytes(random, 3000));
  return message;
}

core::GlobalTransaction SmallSaga(const std::string& gid) {
  core::GlobalTransaction transaction;
  transaction.gid = gid;
  transaction.status = core::Status::kSubmitted;
  transaction.protocol = core::Protocol::kGrpc;
  transaction.create_time = transaction.update_time = base::Time{1'700'000'000'000'000};
  transaction.version = 1;
  for (const std::string id : {"01", "02"}) {
    const base::Bytes payload = base::MakeBytes("amount of step " + id);
    for (const core::Op op : {core::Op::kCompensate, core::Op::kAction}) {
      core::Branch branch;
      branch.branch_id = id;
      branch.op = op;
      branch.target = "localhost:50051/shop.Stock/Step";
      branch.payload = payload;
      transaction.branches.push_back(std::move(branch));
    }
  }
  return transaction;
}

port::Write InsertOf(const core::GlobalTransaction& transaction, base::Time next_wake,
                     const std::vector<core::HistoryEntry>* history) {
  return {.kind = port::Write::Kind::kInsert,
          .transaction = &transaction,
          .history = history,
          .next_wake = next_wake};
}

port::Write UpdateOf(const core::GlobalTransaction& transaction, base::Time next_wake,
                     const std::vector<uint32_t>* rows,
                     const std::vector<core::HistoryEntry>* history) {
  return {.kind = port::Write::Kind::kUpdate,
          .transaction = &transaction,
          .changed_rows = rows,
          .history = history,
          .next_wake = next_wake};
}

}  // namespace saga::contract
