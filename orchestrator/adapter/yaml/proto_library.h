#pragma once

// The messages that definitions name: .proto files read at load time, and JSON turned into the
// bytes of a message.

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "orchestrator/core/definition.h"

namespace saga::adapter {

// Thread-safe after Load.
class ProtoLibrary {
 public:
  // Reads `files`, relative to `folder`. Their imports are looked up in the folders of all of them
  // and among protobuf's own types. What is wrong goes to `report`; the library is null then.
  static std::shared_ptr<const ProtoLibrary> Load(
      const std::string& folder, const std::vector<std::string>& files,
      absl::FunctionRef<void(const std::string& text)> report);
  ~ProtoLibrary();

  // InvalidArgument, with the names that exist, when there is no such message.
  absl::Status CheckMessage(const std::string& message) const;
  // The method of a gRPC target, "/package.Service/Method", must take `message`. A service that the
  // files do not describe is not checked.
  absl::Status CheckMethod(const std::string& method, const std::string& message) const;
  // Fields that `message` does not have, with their place behind `path`.
  void CheckFields(
      const std::string& message, const core::PayloadValue& value, const std::string& path,
      absl::FunctionRef<void(const std::string& path, const std::string& text)> report) const;

  // The bytes of `message` that `json` describes. InvalidArgument names the field that does not
  // fit.
  absl::StatusOr<std::string> Encode(const std::string& message, const std::string& json) const;

 private:
  class Impl;
  explicit ProtoLibrary(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::adapter
