#include "orchestrator/adapter/yaml/proto_library.h"

#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <filesystem>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "orchestrator/adapter/yaml/closest.h"

namespace saga::adapter {

namespace {

namespace pb = google::protobuf;

constexpr char kUrlPrefix[] = "type.googleapis.com";

class ErrorCollector : public pb::compiler::MultiFileErrorCollector {
 public:
  void AddError(const std::string& file, int line, int column,
                const std::string& message) override {
    texts.push_back(absl::StrCat(file, ":", line + 1, ":", column + 1, ": ", message));
  }

  std::vector<std::string> texts;
};

std::string NameList(const std::vector<std::string>& names) {
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

}  // namespace

class ProtoLibrary::Impl {
 public:
  Impl()
      : sources_(&tree_),
        known_(*pb::DescriptorPool::generated_pool()),
        both_(&sources_, &known_),
        pool_(&both_, sources_.GetValidationErrorCollector()),
        resolver_(pb::util::NewTypeResolverForDescriptorPool(kUrlPrefix, &pool_)),
        factory_(std::make_unique<pb::DynamicMessageFactory>(&pool_)) {
    sources_.RecordErrorsTo(&errors_);
  }

  bool Load(const std::string& folder, const std::vector<std::string>& files,
            absl::FunctionRef<void(const std::string&)> report) {
    std::vector<std::filesystem::path> paths;
    for (const std::string& file : files) {
      paths.push_back((std::filesystem::path(folder) / file).lexically_normal());
      tree_.MapPath("", paths.back().has_parent_path() ? paths.back().parent_path().string() : ".");
    }
    bool good = true;
    for (const std::filesystem::path& path : paths) good = LoadFile(path, report) && good;
    return good;
  }

  const pb::Descriptor* Message(const std::string& name) const {
    return pool_.FindMessageTypeByName(name);
  }
  const pb::ServiceDescriptor* Service(const std::string& name) const {
    return pool_.FindServiceByName(name);
  }

  std::vector<std::string> MessageNames() const {
    std::vector<std::string> names;
    for (const pb::FileDescriptor* file : files_) {
      for (int i = 0; i < file->message_type_count(); ++i)
        names.push_back(file->message_type(i)->full_name());
    }
    return names;
  }

  absl::StatusOr<std::string> Encode(const std::string& message, const std::string& json) const {
    std::string bytes;
    const auto status = pb::util::JsonToBinaryString(
        resolver_.get(), absl::StrCat(kUrlPrefix, "/", message), json, &bytes);
    if (status.ok()) return InFieldOrder(message, bytes);
    return absl::InvalidArgumentError(
        std::string(status.message().data(), status.message().size()));
  }

 private:
  bool LoadFile(const std::filesystem::path& path,
                absl::FunctionRef<void(const std::string&)> report) {
    const std::string name = path.filename().string();
    std::string found;
    if (!tree_.VirtualFileToDiskFile(name, &found)) {
      report(absl::StrCat("cannot read ", path.string()));
      return false;
    }
    if (std::filesystem::path(found).lexically_normal() != path) {
      report(absl::StrCat("two files with the name ", name, ": ", found, " and ", path.string()));
      return false;
    }
    errors_.texts.clear();
    const pb::FileDescriptor* file = pool_.FindFileByName(name);
    if (file != nullptr) {
      files_.push_back(file);
      return true;
    }
    for (const std::string& text : errors_.texts) report(text);
    if (errors_.texts.empty()) report(absl::StrCat("cannot use ", path.string()));
    return false;
  }

  // The converter writes fields in the order of the JSON; a participant's own code writes them by
  // number. The same content should be the same bytes.
  absl::StatusOr<std::string> InFieldOrder(const std::string& message,
                                           const std::string& bytes) const {
    const std::unique_ptr<pb::Message> parsed(factory_->GetPrototype(Message(message))->New());
    if (!parsed->ParseFromString(bytes)) return absl::InvalidArgumentError("cannot be encoded");
    std::string ordered;
    {
      pb::io::StringOutputStream stream(&ordered);
      pb::io::CodedOutputStream out(&stream);
      out.SetSerializationDeterministic(true);
      parsed->SerializeToCodedStream(&out);
    }
    return ordered;
  }

  pb::compiler::DiskSourceTree tree_;
  pb::compiler::SourceTreeDescriptorDatabase sources_;
  // protobuf's own types come out of the library itself, so that they need no files at run time.
  pb::DescriptorPoolDatabase known_;
  pb::MergedDescriptorDatabase both_;
  ErrorCollector errors_;
  pb::DescriptorPool pool_;
  std::unique_ptr<pb::util::TypeResolver> resolver_;
  const std::unique_ptr<pb::DynamicMessageFactory> factory_;
  std::vector<const pb::FileDescriptor*> files_;
};

ProtoLibrary::ProtoLibrary(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProtoLibrary::~ProtoLibrary() = default;

std::shared_ptr<const ProtoLibrary> ProtoLibrary::Load(
    const std::string& folder, const std::vector<std::string>& files,
    absl::FunctionRef<void(const std::string&)> report) {
  auto impl = std::make_unique<Impl>();
  if (!impl->Load(folder, files, report)) return nullptr;
  return std::shared_ptr<const ProtoLibrary>(new ProtoLibrary(std::move(impl)));
}

absl::Status ProtoLibrary::CheckMessage(const std::string& message) const {
  if (impl_->Message(message) != nullptr) return absl::OkStatus();
  const std::vector<std::string> names = impl_->MessageNames();
  return absl::InvalidArgumentError(absl::StrCat("`protos` describe no message '", message, "'",
                                                 Suggestion(message, names),
                                                 "; messages are: ", NameList(names)));
}

absl::Status ProtoLibrary::CheckMethod(const std::string& method,
                                       const std::string& message) const {
  const size_t slash = method.rfind('/');
  if (slash == std::string::npos || slash == 0) return absl::OkStatus();
  const pb::ServiceDescriptor* service = impl_->Service(method.substr(1, slash - 1));
  if (service == nullptr) return absl::OkStatus();
  const std::string name = method.substr(slash + 1);
  const pb::MethodDescriptor* found = service->FindMethodByName(name);
  if (found == nullptr) {
    std::vector<std::string> names;
    for (int i = 0; i < service->method_count(); ++i) names.push_back(service->method(i)->name());
    return absl::InvalidArgumentError(absl::StrCat(service->full_name(), " has no method '", name,
                                                   "'", Suggestion(name, names),
                                                   "; methods are: ", NameList(names)));
  }
  if (message.empty() || found->input_type()->full_name() == message) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      name, " takes a ", found->input_type()->full_name(), ", but `message` is ", message));
}

void ProtoLibrary::CheckFields(
    const std::string& message, const core::PayloadValue& value, const std::string& path,
    absl::FunctionRef<void(const std::string&, const std::string&)> report) const {
  const std::function<void(const pb::Descriptor*, const core::PayloadValue&, const std::string&)>
      check = [&](const pb::Descriptor* type, const core::PayloadValue& at,
                  const std::string& place) {
        if (type == nullptr || absl::StartsWith(type->full_name(), "google.protobuf.")) return;
        if (at.kind == core::PayloadValue::Kind::kList) {
          for (size_t i = 0; i < at.items.size(); ++i)
            check(type, at.items[i], absl::StrCat(place, "[", i, "]"));
        }
        if (at.kind != core::PayloadValue::Kind::kMap) return;
        std::vector<std::string> names;
        for (int i = 0; i < type->field_count(); ++i) names.push_back(type->field(i)->name());
        for (size_t i = 0; i < at.items.size(); ++i) {
          const std::string& name = at.names[i];
          const pb::FieldDescriptor* field = type->FindFieldByName(name);
          if (field == nullptr) field = type->FindFieldByCamelcaseName(name);
          const std::string inner = absl::StrCat(place, ".", name);
          if (field == nullptr) {
            report(inner, absl::StrCat(type->full_name(), " has no field '", name, "'",
                                       Suggestion(name, names), "; fields are: ", NameList(names)));
          } else if (!field->is_map()) {
            check(field->message_type(), at.items[i], inner);
          }
        }
      };
  check(impl_->Message(message), value, path);
}

absl::StatusOr<std::string> ProtoLibrary::Encode(const std::string& message,
                                                 const std::string& json) const {
  return impl_->Encode(message, json);
}

}  // namespace saga::adapter
