#pragma once

// Reading JSON the way DTM's server does, for the bodies of dtm_json.h. Only dtm_json_*.cc include
// this.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace saga::api {

struct JsonScalar {
  enum class Type : uint8_t { kNull, kBool, kNumber, kString };

  Type type = Type::kNull;
  bool boolean = false;
  std::optional<int64_t> integer;  // a number that is one
  std::string text;                // a string's value, a number as written
};

// As Go's JSON library calls it.
absl::string_view NameOf(JsonScalar::Type type);

// Walks a text once and never goes deeper than core::kMaxJsonDepth. A reader of a kind of body
// enters the containers it knows and is told what stands in them; everything else is passed over. A
// wrong type is remembered and the walk goes on, because text that is not JSON is the graver error,
// wherever it stands.
class JsonWalker : private nlohmann::json_sax<nlohmann::json> {
 public:
  // InvalidArgument: why the body is refused. Once.
  absl::Status Walk(std::string_view body);

 protected:
  JsonWalker() = default;
  ~JsonWalker() override = default;

  // Whether the container that begins here, an object or an array, is entered.
  virtual bool Enter(bool object) = 0;
  // The container entered last and not left yet ends.
  virtual void Leave() = 0;
  // The container that was not entered ends; what stood in it was not told.
  virtual void Pass() {}
  // Of an object that was entered. `key` may be moved from.
  virtual void Key(std::string& key) = 0;
  virtual void Value(JsonScalar scalar) = 0;

  // The first refusal counts.
  void Refuse(std::string text);

  // How many bytes of the body were read when a container begins or ends: its bracket is the last
  // of them.
  size_t read() const { return read_; }

 private:
  bool Begin(bool object);
  bool End();
  bool Take(JsonScalar scalar);

  bool start_object(size_t) final { return Begin(/*object=*/true); }
  bool end_object() final { return End(); }
  bool start_array(size_t) final { return Begin(/*object=*/false); }
  bool end_array() final { return End(); }
  bool key(string_t& key) final;
  bool null() final { return Take({}); }
  bool boolean(bool value) final;
  bool number_integer(number_integer_t value) final;
  bool number_unsigned(number_unsigned_t value) final;
  bool number_float(number_float_t value, const string_t& text) final;
  bool string(string_t& value) final;
  bool binary(binary_t& value) final;
  bool parse_error(size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) final;

  size_t size_ = 0;
  size_t read_ = 0;
  size_t depth_ = 0;
  size_t passing_over_ = 0;  // containers that are open and were not entered
  std::string fatal_;
  absl::Status wrong_;
};

}  // namespace saga::api
