#include "orchestrator/api/registration_record.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "orchestrator/core/words.h"

namespace saga::api {

namespace {

using Json = nlohmann::ordered_json;

// Reads fields of an object. Absent ones stay as they are; `good` turns false at one of another
// type.
class FieldReader {
 public:
  explicit FieldReader(const Json& object) : object_(object), good_(object.is_object()) {}

  void Text(const char* key, std::string* value) {
    const Json* const found = Find(key);
    if (found == nullptr) return;
    if (found->is_string()) {
      *value = found->get<std::string>();
    } else {
      good_ = false;
    }
  }

  void Number(const char* key, uint32_t* value) {
    const Json* const found = Find(key);
    if (found == nullptr) return;
    if (found->is_number_unsigned() &&
        found->get<uint64_t>() <= std::numeric_limits<uint32_t>::max()) {
      *value = found->get<uint32_t>();
    } else {
      good_ = false;
    }
  }

  void Id(const char* key, uint64_t* value) {
    const Json* const found = Find(key);
    if (found == nullptr) return;
    if (found->is_number_unsigned()) {
      *value = found->get<uint64_t>();
    } else {
      good_ = false;
    }
  }

  void Bool(const char* key, bool* value) {
    const Json* const found = Find(key);
    if (found == nullptr) return;
    if (found->is_boolean()) {
      *value = found->get<bool>();
    } else {
      good_ = false;
    }
  }

  void Time(const char* key, base::Time* value) {
    const Json* const found = Find(key);
    if (found == nullptr) return;
    if (found->is_number_integer()) {
      value->micros = found->get<int64_t>();
    } else {
      good_ = false;
    }
  }

  // Null when it is absent, or no list.
  const Json* List(const char* key) {
    const Json* const found = Find(key);
    if (found == nullptr) return nullptr;
    if (!found->is_array()) good_ = false;
    return good_ ? found : nullptr;
  }

  bool good() const { return good_; }

 private:
  const Json* Find(const char* key) {
    if (!good_) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

  const Json& object_;
  bool good_;
};

Json ToJson(const OperationTable& operations) {
  Json list = Json::array();
  for (const RegisteredOperation& operation : operations) {
    list.push_back({{"name", operation.name},
                    {"method", operation.method},
                    {"kind", operation.kind},
                    {"idempotent", operation.idempotent}});
  }
  return list;
}

bool ReadOperations(FieldReader& fields, OperationTable* operations) {
  const Json* const list = fields.List("operations");
  if (list == nullptr) return fields.good();
  operations->clear();
  for (const Json& item : *list) {
    RegisteredOperation operation;
    FieldReader reader(item);
    reader.Text("name", &operation.name);
    reader.Text("method", &operation.method);
    reader.Text("kind", &operation.kind);
    reader.Bool("idempotent", &operation.idempotent);
    if (!reader.good() || operation.name.empty()) return false;
    operations->push_back(std::move(operation));
  }
  return true;
}

std::optional<core::Protocol> ProtocolOf(std::string_view word) {
  for (const core::Protocol protocol : {core::Protocol::kGrpc, core::Protocol::kHttp}) {
    if (core::WordOf(protocol) == word) return protocol;
  }
  return std::nullopt;
}

std::optional<RegisteredInstance> ReadInstance(const Json& item, const OperationTable& shared) {
  RegisteredInstance instance;
  instance.operations = shared;
  std::string protocol;
  FieldReader reader(item);
  reader.Text("address", &instance.address);
  reader.Text("protocol", &protocol);
  reader.Number("capacity", &instance.capacity);
  reader.Number("lease_s", &instance.lease_s);
  reader.Text("version", &instance.version);
  reader.Time("registered_us", &instance.registered);
  reader.Id("node", &instance.node);
  reader.Bool("away", &instance.away);
  const bool readable = ReadOperations(reader, &instance.operations) && reader.good();
  const std::optional<core::Protocol> known = ProtocolOf(protocol);
  if (!readable || instance.address.empty() || !known.has_value()) return std::nullopt;
  instance.protocol = *known;
  return instance;
}

}  // namespace

std::string EncodeRegistration(const RegistrationRecord& record) {
  Json instances = Json::array();
  for (const RegisteredInstance& instance : record.instances) {
    Json item = {{"address", instance.address},   {"protocol", core::WordOf(instance.protocol)},
                 {"capacity", instance.capacity}, {"lease_s", instance.lease_s},
                 {"version", instance.version},   {"registered_us", instance.registered.micros}};
    if (instance.node != 0) item["node"] = instance.node;
    if (instance.away) item["away"] = true;
    if (instance.operations != record.operations) item["operations"] = ToJson(instance.operations);
    instances.push_back(std::move(item));
  }
  const Json json = {{"operations", ToJson(record.operations)},
                     {"command_topic", record.command_topic},
                     {"attempt_limit", record.attempt_limit},
                     {"instances", std::move(instances)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<RegistrationRecord> DecodeRegistration(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  FieldReader reader(json);
  RegistrationRecord record;
  if (!ReadOperations(reader, &record.operations)) return std::nullopt;
  reader.Text("command_topic", &record.command_topic);
  reader.Number("attempt_limit", &record.attempt_limit);
  if (const Json* const list = reader.List("instances"); list != nullptr) {
    for (const Json& item : *list) {
      std::optional<RegisteredInstance> instance = ReadInstance(item, record.operations);
      if (!instance.has_value()) return std::nullopt;
      record.instances.push_back(*std::move(instance));
    }
  }
  return reader.good() ? std::optional(std::move(record)) : std::nullopt;
}

const RegisteredOperation* FindOperation(const OperationTable& operations, std::string_view name) {
  const auto found =
      std::find_if(operations.begin(), operations.end(),
                   [name](const RegisteredOperation& operation) { return operation.name == name; });
  return found == operations.end() ? nullptr : &*found;
}

}  // namespace saga::api
