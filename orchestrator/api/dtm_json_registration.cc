#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/api/dtm_json.h"
#include "orchestrator/api/dtm_json_walker.h"

namespace saga::api {

namespace {

class RegistrationReader final : public JsonWalker {
 public:
  DtmRegistration Take(GidForm gid) {
    if (gid == GidForm::kCleaned) registration_.gid = CleanHttpGid(registration_.gid);
    registration_.payload = base::MakeBytes(std::move(data_));
    return std::move(registration_);
  }

 private:
  bool Enter(bool object) override {
    if (!inside_ && object) {
      inside_ = true;
      return true;
    }
    if (inside_) {
      WrongType(object ? "object" : "array");
    } else {
      Refuse("json: cannot unmarshal array into Go value of type map[string]string");
    }
    return false;
  }

  void Leave() override {}

  void Key(std::string& key) override {
    value_ = key == "gid"          ? &registration_.gid
             : key == "trans_type" ? &registration_.trans_type
             : key == "branch_id"  ? &registration_.branch_id
             : key == "confirm"    ? &registration_.confirm
             : key == "cancel"     ? &registration_.cancel
             : key == "url"        ? &registration_.url
             : key == "op"         ? &registration_.op
             : key == "status"     ? &registration_.status
             : key == "data"       ? &data_
                                   : nullptr;
  }

  void Value(JsonScalar scalar) override {
    if (!inside_) {
      if (scalar.type == JsonScalar::Type::kNull) return;
      return Refuse(absl::StrCat("json: cannot unmarshal ", NameOf(scalar.type),
                                 " into Go value of type map[string]string"));
    }
    if (scalar.type != JsonScalar::Type::kString && scalar.type != JsonScalar::Type::kNull)
      return WrongType(NameOf(scalar.type));
    if (value_ != nullptr) *value_ = std::move(scalar.text);
  }

  void WrongType(absl::string_view what) {
    Refuse(absl::StrCat("json: cannot unmarshal ", what, " into Go value of type string"));
  }

  DtmRegistration registration_;
  std::string data_;
  bool inside_ = false;
  std::string* value_ = nullptr;  // where the value of the key read last goes; null: nowhere
};

}  // namespace

absl::StatusOr<DtmRegistration> DecodeRegistration(std::string_view body, GidForm gid) {
  RegistrationReader reader;
  if (const absl::Status read = reader.Walk(body); !read.ok()) return read;
  return reader.Take(gid);
}

}  // namespace saga::api
