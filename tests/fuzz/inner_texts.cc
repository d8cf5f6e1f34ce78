// JSON that travels as text inside other fields.

#include <string>

#include <nlohmann/json.hpp>

#include "orchestrator/api/codec_json.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"
#include "tests/fuzz/accepted.h"
#include "tests/fuzz/target.h"

namespace saga::fuzz {

using nlohmann::json;

void StepsText(std::string_view data) {
  const auto steps = api::ParseSteps(data);
  if (!steps.ok()) return CheckRefusal(steps.status());
  SAGA_CHECK(steps->size() <= core::kMaxSteps);
  json text = json::array();
  for (const api::DtmStep& step : *steps) {
    text.push_back({{"action", step.action}, {"compensate", step.compensate}});
  }
  const auto again = api::ParseSteps(text.dump());
  SAGA_CHECK(again.ok() && again->size() == steps->size());
  for (size_t i = 0; i < steps->size(); ++i) {
    SAGA_CHECK((*again)[i].action == (*steps)[i].action);
    SAGA_CHECK((*again)[i].compensate == (*steps)[i].compensate);
  }
}

void SagaCustomData(std::string_view data) {
  for (const size_t steps : {0, 1, 3, 200}) {
    const auto custom = api::ParseSagaCustomData(data, steps);
    if (!custom.ok()) {
      CheckRefusal(custom.status());
      continue;
    }
    SAGA_CHECK(custom->predecessors.empty() || custom->predecessors.size() == steps);
    json text = {{"concurrent", custom->concurrent}, {"orders", json::object()}};
    for (size_t i = 0; i < custom->predecessors.size(); ++i) {
      for (const uint32_t before : custom->predecessors[i]) SAGA_CHECK(before < steps);
      text["orders"][std::to_string(i)] = custom->predecessors[i];
    }
    const auto again = api::ParseSagaCustomData(text.dump(), steps);
    SAGA_CHECK(again.ok());
    SAGA_CHECK(again->concurrent == custom->concurrent);
    SAGA_CHECK(again->predecessors == custom->predecessors);
  }
}

void MessageCustomData(std::string_view data) {
  const auto delay = api::ParseMessageDelay(data);
  if (!delay.ok()) return CheckRefusal(delay.status());
  SAGA_CHECK(*delay >= 0 && *delay <= core::kMaxOptionSeconds);
  const auto again = api::ParseMessageDelay(json{{"delay", *delay}}.dump());
  SAGA_CHECK(again.ok() && *again == *delay);
}

void WorkflowCustomData(std::string_view data) {
  const auto custom = api::ParseWorkflowCustomData(data);
  if (!custom.ok()) return CheckRefusal(custom.status());
  SAGA_CHECK(custom->data.size() <= data.size() && custom->name.size() <= data.size());
  const auto again = api::ParseWorkflowCustomData(json{{"name", custom->name}}.dump());
  SAGA_CHECK(again.ok() && again->name == custom->name);
}

}  // namespace saga::fuzz
