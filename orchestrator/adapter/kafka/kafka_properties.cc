#include "orchestrator/adapter/kafka/kafka_properties.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "orchestrator/adapter/kafka/kafka_client.h"

namespace saga::adapter {
namespace {

struct Ours {
  absl::string_view name;
  absl::string_view reason;
};

constexpr char kElsewhere[] = "it has a setting of its own";
constexpr char kNoLoss[] = "what is published must be on every replica in sync, once, in order";
constexpr char kOffsets[] = "a message counts as taken when what it asked for is stored";
constexpr char kJavaPartitions[] = "a key must have the partition that Java clients give it";
constexpr char kWaits[] = "messages wait for the broker inside, and their order depends on it";

constexpr std::array<Ours, 20> kOurs = {{
    {"bootstrap.servers", kElsewhere},
    {"metadata.broker.list", kElsewhere},
    {"client.id", kElsewhere},
    {"group.id", kElsewhere},
    {"group.instance.id", kElsewhere},
    {"enable.idempotence", kNoLoss},
    {"acks", kNoLoss},
    {"request.required.acks", kNoLoss},
    {"transactional.id", "Kafka transactions are not used"},
    {"partitioner", kJavaPartitions},
    {"message.timeout.ms", kWaits},
    {"delivery.timeout.ms", kWaits},
    {"enable.auto.commit", kOffsets},
    {"auto.commit.enable", kOffsets},
    {"enable.auto.offset.store", kOffsets},
    {"auto.offset.reset", kOffsets},
    {"enable.partition.eof", "its events are not messages"},
    {"isolation.level", "what was rolled back must not be carried out"},
    {"partition.assignment.strategy", "partitions are handed over one by one"},
    {"log.queue", "what librdkafka says goes into the log"},
}};

}  // namespace

absl::StatusOr<std::map<std::string, std::string>> ParseKafkaProperties(
    absl::string_view text, const std::string& file_name) {
  std::map<std::string, std::string> result;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits('=', 1));
    const absl::string_view name = absl::StripAsciiWhitespace(parts.first);
    const auto fail = [&](absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat(file_name, ":", number, ": ", what));
    };
    if (name.empty() || name.size() == line.size()) return fail("this is no \"name=value\"");
    const absl::string_view value = absl::StripAsciiWhitespace(parts.second);
    if (!result.emplace(std::string(name), std::string(value)).second) {
      return fail(absl::StrCat(name, " is given twice"));
    }
  }
  return result;
}

absl::Status CheckKafkaProperties(const std::map<std::string, std::string>& properties) {
  std::vector<std::string> problems;
  const KafkaConf scratch(rd_kafka_conf_new());
  for (const auto& [name, value] : properties) {
    const Ours* ours = nullptr;
    for (const Ours& candidate : kOurs) {
      if (candidate.name == name) ours = &candidate;
    }
    if (ours != nullptr) {
      problems.push_back(absl::StrCat(name, " cannot be set: ", ours->reason));
      continue;
    }
    const absl::Status set = SetKafka(scratch.get(), name, value);
    // librdkafka may call it by another of its names.
    if (!set.ok()) problems.push_back(absl::StrCat(name, ": ", set.message()));
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("Kafka properties: ", absl::StrJoin(problems, "; ")));
}

}  // namespace saga::adapter
