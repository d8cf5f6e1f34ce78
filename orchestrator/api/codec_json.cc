#include "orchestrator/api/codec_json.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/base/json_depth.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

namespace {

using Json = nlohmann::json;

// Reads steps straight off the text: on the path of every submission, so without building a
// document first. Anything that is not a list of flat objects of strings ends the parse at once.
class StepReader : public nlohmann::json_sax<Json> {
 public:
  explicit StepReader(size_t max_steps) : max_steps_(max_steps) {}

  bool start_array(size_t) override {
    if (depth_ != 0) return Wrong();
    depth_ = 1;
    return true;
  }
  bool end_array() override {
    depth_ = 0;
    return true;
  }
  bool start_object(size_t) override {
    if (depth_ != 1) return Wrong();
    depth_ = 2;
    Begin();
    return true;
  }
  bool end_object() override {
    depth_ = 1;
    return true;
  }
  bool key(string_t& name) override {
    field_ = nullptr;
    if (count_ > max_steps_) return true;
    if (name == "action") field_ = &steps_.back().action;
    if (name == "compensate") field_ = &steps_.back().compensate;
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ != 2) return Wrong();
    if (field_ != nullptr) *field_ = std::move(value);
    return true;
  }
  bool null() override {
    if (depth_ == 1) Begin();
    if (depth_ == 2 && field_ != nullptr) field_->clear();
    return true;
  }
  bool boolean(bool) override { return Wrong(); }
  bool number_integer(number_integer_t) override { return Wrong(); }
  bool number_unsigned(number_unsigned_t) override { return Wrong(); }
  bool number_float(number_float_t, const string_t&) override { return Wrong(); }
  bool binary(binary_t&) override { return Wrong(); }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error_ = absl::StrCat("it is not JSON, at byte ", position);
    return false;
  }

  size_t count() const { return count_; }
  const std::string& error() const { return error_; }
  std::vector<DtmStep> Take() { return std::move(steps_); }

 private:
  void Begin() {
    field_ = nullptr;
    if (++count_ <= max_steps_) steps_.emplace_back();
  }
  bool Wrong() {
    error_ = count_ == 0 ? "it is not a list of objects"
                         : absl::StrCat("element ", count_ - 1, " is not an object of strings");
    return false;
  }

  const size_t max_steps_;
  int depth_ = 0;  // 1: in the list, 2: in a step
  size_t count_ = 0;
  std::string* field_ = nullptr;
  std::vector<DtmStep> steps_;
  std::string error_;
};

absl::Status BadCustomData(absl::string_view mode, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("custom_data of a ", mode, ": ", why));
}

// The predecessors that one entry of `orders` names for `step`.
absl::StatusOr<std::vector<uint32_t>> ReadPredecessors(const Json& list, size_t step,
                                                       size_t steps) {
  std::vector<uint32_t> result;
  if (list.is_null()) return result;
  if (!list.is_array()) {
    return BadCustomData("saga",
                         absl::StrCat("orders of step ", step, " must be a list of step numbers"));
  }
  for (const Json& value : list) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() >= steps) {
      return BadCustomData("saga",
                           absl::StrCat("orders of step ", step, " may name steps 0 to ", steps - 1,
                                        " and names ", value.dump(-1, ' ', true).substr(0, 40)));
    }
    const uint32_t predecessor = value.get<uint32_t>();
    if (std::find(result.begin(), result.end(), predecessor) == result.end())
      result.push_back(predecessor);
  }
  return result;
}

absl::Status ReadOrders(const Json& orders, size_t steps,
                        std::vector<std::vector<uint32_t>>& predecessors) {
  if (orders.is_null() || orders.empty()) return absl::OkStatus();
  if (!orders.is_object() && !orders.is_array()) {
    return BadCustomData("saga", R"(orders must be an object like {"1":[0]})");
  }
  predecessors.resize(steps);
  size_t position = 0;
  for (const auto& entry : orders.items()) {
    size_t step = position++;
    if ((orders.is_object() && !absl::SimpleAtoi(entry.key(), &step)) || step >= steps) {
      return BadCustomData(
          "saga",
          absl::StrCat("orders is for steps 0 to ", steps == 0 ? 0 : steps - 1, " (", steps,
                       " in all) and has an entry for '",
                       orders.is_object() ? entry.key().substr(0, 40) : absl::StrCat(step), "'"));
    }
    auto list = ReadPredecessors(entry.value(), step, steps);
    if (!list.ok()) return list.status();
    predecessors[step] = *std::move(list);
  }
  return absl::OkStatus();
}

// Every step must be reachable by some order of execution: one that waits for itself would wait for
// ever.
absl::Status CheckNoCycle(const SagaCustomData& data, size_t steps) {
  std::vector<size_t> waits_for(steps, 0);
  std::vector<std::vector<uint32_t>> followers(steps);
  for (uint32_t step = 0; step < data.predecessors.size(); ++step) {
    for (const uint32_t before : data.predecessors[step]) followers[before].push_back(step);
    waits_for[step] = data.predecessors[step].size();
  }
  if (!data.concurrent) {
    for (uint32_t step = 1; step < steps; ++step) {
      followers[step - 1].push_back(step);
      waits_for[step]++;
    }
  }
  std::vector<uint32_t> ready;
  for (uint32_t step = 0; step < steps; ++step) {
    if (waits_for[step] == 0) ready.push_back(step);
  }
  size_t reached = 0;
  while (!ready.empty()) {
    const uint32_t step = ready.back();
    ready.pop_back();
    ++reached;
    for (const uint32_t next : followers[step]) {
      if (--waits_for[next] == 0) ready.push_back(next);
    }
  }
  if (reached == steps) return absl::OkStatus();
  const size_t stuck =
      std::find_if(waits_for.begin(), waits_for.end(), [](size_t n) { return n > 0; }) -
      waits_for.begin();
  return BadCustomData(
      "saga",
      absl::StrCat("orders can never be met: step ", stuck, " waits for itself through ",
                   data.concurrent ? "a cycle" : "the sequence of a saga that is not concurrent"));
}

}  // namespace

absl::StatusOr<Json> ParseJson(const std::string& name, std::string_view text) {
  const size_t depth = base::JsonDepth(text);
  if (depth > core::kMaxJsonDepth) {
    return absl::InvalidArgumentError(absl::StrCat(name, " nests ", depth,
                                                   " levels deep and may nest at most ",
                                                   core::kMaxJsonDepth, " (kMaxJsonDepth)"));
  }
  Json parsed = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return absl::InvalidArgumentError(absl::StrCat(name, " is not JSON"));
  return parsed;
}

absl::StatusOr<std::vector<DtmStep>> ParseSteps(std::string_view text, size_t max_steps) {
  if (text.empty() || text == "null" || text == "[]") return std::vector<DtmStep>();
  StepReader reader(max_steps);
  if (!Json::sax_parse(text, &reader)) {
    return absl::InvalidArgumentError(
        absl::StrCat(R"(Steps must be a JSON list like [{"action":"...","compensate":"..."}]: )",
                     reader.error()));
  }
  if (reader.count() > max_steps) {
    return absl::InvalidArgumentError(
        absl::StrCat(reader.count(), " steps given, at most ", max_steps,
                     " allowed (limit.steps): split it into several transactions"));
  }
  return reader.Take();
}

absl::StatusOr<SagaCustomData> ParseSagaCustomData(std::string_view text, size_t steps) {
  SagaCustomData data;
  if (text.empty()) return data;
  const auto parsed = ParseJson("custom_data", text);
  if (!parsed.ok()) return parsed.status();
  if (parsed->is_null()) return data;
  if (!parsed->is_object())
    return BadCustomData("saga", R"(it must be an object like {"concurrent":true})");
  if (const auto found = parsed->find("concurrent"); found != parsed->end() && !found->is_null()) {
    if (!found->is_boolean()) return BadCustomData("saga", "concurrent must be true or false");
    data.concurrent = found->get<bool>();
  }
  if (const auto found = parsed->find("orders"); found != parsed->end()) {
    if (const auto read = ReadOrders(*found, steps, data.predecessors); !read.ok()) return read;
    if (const auto checked = CheckNoCycle(data, steps); !checked.ok()) return checked;
  }
  return data;
}

absl::StatusOr<WorkflowCustomData> ParseWorkflowCustomData(std::string_view text) {
  WorkflowCustomData data;
  if (text.empty()) return data;
  const auto parsed = ParseJson("custom_data", text);
  if (!parsed.ok()) return parsed.status();
  if (parsed->is_null()) return data;
  if (!parsed->is_object())
    return BadCustomData("workflow", R"(it must be an object like {"name":"pay","data":"aGk="})");
  if (const auto found = parsed->find("name"); found != parsed->end() && !found->is_null()) {
    if (!found->is_string()) return BadCustomData("workflow", "name must be a text");
    data.name = found->get<std::string>();
  }
  if (const auto found = parsed->find("data"); found != parsed->end() && !found->is_null()) {
    if (!found->is_string() || !absl::Base64Unescape(found->get<std::string>(), &data.data))
      return BadCustomData("workflow", "data must be base64");
  }
  return data;
}

absl::StatusOr<int64_t> ParseMessageDelay(std::string_view text) {
  if (text.empty()) return 0;
  const auto parsed = ParseJson("custom_data", text);
  if (!parsed.ok()) return parsed.status();
  if (parsed->is_null()) return 0;
  if (!parsed->is_object())
    return BadCustomData("msg", R"(it must be an object like {"delay":10})");
  const auto found = parsed->find("delay");
  if (found == parsed->end() || found->is_null()) return 0;
  if (!found->is_number_unsigned() ||
      found->get<uint64_t>() > static_cast<uint64_t>(core::kMaxOptionSeconds)) {
    return BadCustomData("msg", absl::StrCat("delay must be whole seconds from 0 to ",
                                             core::kMaxOptionSeconds, " (kMaxOptionSeconds)"));
  }
  return found->get<int64_t>();
}

}  // namespace saga::api
