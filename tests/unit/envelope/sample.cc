#include "tests/unit/envelope/sample.h"

#include <algorithm>
#include <array>

namespace saga::envelope {
namespace {

uint64_t Below(Random& random, uint64_t limit) { return random() % limit; }
bool Coin(Random& random) { return Below(random, 2) == 0; }

uint32_t Number(Random& random) { return static_cast<uint32_t>(random() >> Below(random, 64)); }

base::Time WholeMillis(Random& random) {
  return Coin(random) ? base::Time{} : base::Time{static_cast<int64_t>(random() >> 20) * 1000};
}

// Up to the year 9999, which is as far as RFC 3339 goes.
base::Time AnyMicros(Random& random) {
  return Coin(random) ? base::Time{}
                      : base::Time{1 + static_cast<int64_t>(Below(random, 253402300799999999))};
}

template <size_t n>
std::string OneOf(Random& random, const std::array<const char*, n>& words) {
  return words[Below(random, n)];
}

// What identifies something is never empty.
std::string Name(Random& random) { return "n" + RandomText(random, 20); }

}  // namespace

std::string RandomBytes(Random& random, size_t longest) {
  std::string result(Coin(random) ? 0 : Below(random, longest + 1), '\0');
  for (char& byte : result) byte = static_cast<char>(random());
  return result;
}

std::string RandomText(Random& random, size_t most_characters) {
  static constexpr std::array<const char*, 8> kCharacters = {
      "a", "/", "\"", "\n", "\xc3\xa9", "\xe2\x82\xac", "\xe5\x95\x86", "\xf0\x9f\x90\xb3"};
  std::string result;
  const size_t characters = Coin(random) ? 0 : Below(random, most_characters + 1);
  for (size_t i = 0; i < characters; ++i) result += OneOf(random, kCharacters);
  return result;
}

Command RandomCommand(Random& random) {
  Command command{.gid = Name(random),
                  .mode = Name(random),
                  .branch_id = Name(random),
                  .op = Name(random),
                  .attempt = Number(random),
                  .protocol = OneOf<2>(random, {"grpc", "http"}),
                  .method = Name(random),
                  .deadline = WholeMillis(random),
                  .reply_topic = Name(random),
                  .trace_parent = RandomText(random, 20),
                  .payload = base::MakeBytes(RandomBytes(random, 3000))};
  for (uint64_t i = Below(random, 4); i > 0; --i) {
    command.headers[RandomText(random, 5)] = RandomBytes(random, 40);
  }
  return command;
}

Reply RandomReply(Random& random) {
  Reply reply{.gid = Name(random),
              .branch_id = Name(random),
              .op = Name(random),
              .attempt = Number(random),
              .outcome = OneOf<4>(random, {"success", "failure", "ongoing", "unknown"}),
              .text = RandomText(random, 500),
              .trace_parent = RandomText(random, 20)};
  if (reply.outcome == "unknown") {
    reply.hopeless = OneOf<4>(random, {"", "unknown_method", "contract", "undecodable"});
  }
  return reply;
}

Event RandomEvent(Random& random) {
  Event event{.gid = Name(random),
              .mode = Name(random),
              .status = OneOf<2>(random, {"succeed", "failed"}),
              .reason = RandomText(random, 100),
              .definition = RandomText(random, 10),
              .create_time = AnyMicros(random),
              .finish_time = AnyMicros(random),
              .version = random() >> Below(random, 64),
              .source = Name(random)};
  if (!event.definition.empty()) event.definition_version = Number(random);
  return event;
}

DeadLetter RandomDeadLetter(Random& random) {
  DeadLetter letter{.reason = Name(random),
                    .error = RandomText(random, 1000),
                    .destination = RandomText(random, 20),
                    .target = RandomText(random, 60),
                    .first_failed = WholeMillis(random),
                    .last_failed = WholeMillis(random),
                    .died = AnyMicros(random),
                    .original_topic = RandomText(random, 20),
                    .original_partition = static_cast<int32_t>(random()),
                    .original_offset = static_cast<int64_t>(random()),
                    .original_time = WholeMillis(random),
                    .consumer_group = RandomText(random, 20),
                    .source = Name(random),
                    .trace_parent = RandomText(random, 20),
                    .payload = base::MakeBytes(RandomBytes(random, 3000))};
  if (Coin(random)) {
    letter.original_key = RandomBytes(random, 20);
    return letter;
  }
  letter.gid = Name(random);
  letter.mode = Name(random);
  letter.branch_id = Name(random);
  letter.op = Name(random);
  letter.attempt = Number(random);
  letter.death = Number(random);
  return letter;
}

Command PlainCommand() {
  return {.gid = "g1",
          .mode = "saga",
          .branch_id = "01",
          .op = "action",
          .attempt = 3,
          .protocol = "grpc",
          .method = "product.v1.Product/Deduct",
          .deadline = base::Time{1'700'000'000'123'000},
          .reply_topic = "saga.reply",
          .headers = {{"tenant", "blue"}},
          .trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          .payload = base::MakeBytes(std::string("\x0a\x00\x01", 3))};
}

Reply PlainReply() {
  return {.gid = "g1",
          .branch_id = "01",
          .op = "action",
          .attempt = 3,
          .outcome = "unknown",
          .hopeless = "contract",
          .text = "no such product",
          .trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
}

Event PlainEvent() {
  return {.gid = "g1",
          .mode = "saga",
          .status = "failed",
          .reason = "sold out",
          .definition = "purchase",
          .definition_version = 2,
          .create_time = base::Time{1'700'000'000'000'001},
          .finish_time = base::Time{1'700'000'001'500'000},
          .version = 7,
          .source = "/sagad/a"};
}

DeadLetter PlainDeadLetter() {
  return {.gid = "g1",
          .mode = "saga",
          .branch_id = "02",
          .op = "compensate",
          .attempt = 5,
          .death = 1,
          .reason = "attempts_used",
          .error = "connection refused",
          .destination = "product",
          .target = "participant://product/Restore",
          .first_failed = base::Time{1'700'000'000'001'000},
          .last_failed = base::Time{1'700'000'009'002'000},
          .died = base::Time{1'700'000'009'003'004},
          .original_topic = "saga.cmd.product",
          .original_partition = 258,
          .original_offset = 0x0102030405060708,
          .original_time = base::Time{1'700'000'000'000'000},
          .source = "/sagad/a",
          .trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          .payload = base::MakeBytes(std::string("\x0a\x00\x01", 3))};
}

std::string HeaderOf(const base::Message& message, const std::string& name) {
  std::string result = "(none)";
  for (const auto& header : message.headers) {
    if (header.first == name) result = header.second;
  }
  return result;
}

base::Message Without(base::Message message, const std::string& name) {
  std::erase_if(message.headers, [&](const auto& header) { return header.first == name; });
  return message;
}

base::Message With(base::Message message, const std::string& name, const std::string& value) {
  message = Without(std::move(message), name);
  message.headers.emplace_back(name, value);
  return message;
}

}  // namespace saga::envelope
