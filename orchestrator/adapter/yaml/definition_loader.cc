#include "orchestrator/adapter/yaml/definition_loader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/yaml/definition_reader.h"
#include "orchestrator/adapter/yaml/input_mapping.h"
#include "orchestrator/adapter/yaml/problem_list.h"
#include "orchestrator/adapter/yaml/proto_library.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/target.h"

namespace saga::adapter {

namespace {

constexpr char kFileEnding[] = ".saga.yaml";

void CheckMethods(const core::StepDefinition& step, const std::string& path, core::Mode mode,
                  const ProtoLibrary& protos, ProblemList& problems) {
  const std::vector<std::pair<std::string, std::string>> targets = {
      {core::FirstTargetName(mode), step.action},
      {"compensate", step.compensate.value_or("")},
      {"confirm", step.confirm},
      {"cancel", step.cancel}};
  for (const auto& [name, target] : targets) {
    // The methods behind the operations of a participant are known when it has registered.
    if (target.empty() || core::NamesParticipant(target)) continue;
    const absl::Status status =
        protos.CheckMethod(core::SplitGrpcTarget(target).method, step.message);
    if (!status.ok()) problems.Add(absl::StrCat(path, ".", name), std::string(status.message()));
  }
}

void CheckStep(const core::StepDefinition& step, const std::string& path, core::Mode mode,
               const ProtoLibrary& protos, ProblemList& problems) {
  CheckMethods(step, path, mode, protos, problems);
  if (step.message.empty()) return;
  if (absl::Status status = protos.CheckMessage(step.message); !status.ok()) {
    problems.Add(path + ".message", std::string(status.message()));
    return;
  }
  if (!step.payload.has_value()) return;
  const std::string payload = path + ".payload";
  protos.CheckFields(
      step.message, *step.payload, payload,
      [&](const std::string& place, const std::string& text) { problems.Add(place, text); });
  if (!problems.empty()) return;
  if (absl::Status status = CheckLiterals(step, protos); !status.ok()) {
    problems.Add(payload, absl::StrCat(step.message, ": ", status.message()));
  }
}

// The messages of a definition, checked against its steps. Null when it has none or something is
// wrong.
std::shared_ptr<const ProtoLibrary> LoadProtos(const core::SagaDefinition& definition,
                                               const std::string& file, ProblemList& problems) {
  if (definition.protos.empty()) return nullptr;
  const std::string folder = std::filesystem::path(file).parent_path().string();
  std::shared_ptr<const ProtoLibrary> protos = ProtoLibrary::Load(
      folder, definition.protos, [&](const std::string& text) { problems.Add("protos", text); });
  if (protos == nullptr) return nullptr;
  for (size_t i = 0; i < definition.steps.size(); ++i) {
    const core::StepDefinition& step = definition.steps[i];
    if (core::TransportOf(definition.protocol, step.action) != core::Transport::kGrpc) continue;
    CheckStep(step, absl::StrCat("steps[", i, "]"), definition.mode, *protos, problems);
  }
  return protos;
}

void Load(const std::string& file, const std::string& text, const Environment& environment,
          const core::RequestLimits& limits, ProblemList& problems, LoadedFolder& loaded) {
  if (text.size() > core::kMaxDefinitionFileSize) {
    return problems.Add("", absl::StrCat("larger than ", core::kMaxDefinitionFileSize, " bytes"));
  }
  const std::vector<YAML::Node> documents = YAML::LoadAll(text);
  if (documents.size() != 1) {
    return problems.Add("", absl::StrCat("one YAML document is expected, not ", documents.size()));
  }
  std::optional<core::SagaDefinition> definition =
      ReadDefinition(documents.front(), environment, problems);
  if (!definition.has_value()) return;
  std::shared_ptr<const ProtoLibrary> protos = LoadProtos(*definition, file, problems);
  if (!problems.empty()) return;
  std::shared_ptr<const port::InputMapping> mapping =
      MakeInputMapping(*definition, std::move(protos), limits);
  loaded.definitions.push_back({*std::move(definition), std::move(mapping), file});
}

std::optional<std::string> ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return in.good() ? std::optional<std::string>(text.str()) : std::nullopt;
}

std::vector<std::filesystem::path> FilesIn(const std::string& folder, std::error_code& error) {
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (absl::EndsWith(at->path().filename().string(), kFileEnding)) files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

LoadedFolder LoadDefinition(const std::string& file, const std::string& text,
                            const Environment& environment, const core::RequestLimits& limits) {
  LoadedFolder loaded;
  ProblemList problems(file);
  try {
    Load(file, text, environment, limits, problems, loaded);
  } catch (const YAML::Exception& error) {
    problems.AddAt(error.mark.is_null() ? 1 : error.mark.line + 1, "",
                   absl::StrCat("not YAML: ", error.msg));
  } catch (const std::exception& error) {
    problems.Add("", error.what());
  }
  loaded.problems = problems.Take();
  return loaded;
}

LoadedFolder LoadDefinitions(const std::string& folder, const Environment& environment,
                             const core::RequestLimits& limits) {
  LoadedFolder all;
  std::error_code error;
  const std::vector<std::filesystem::path> files = FilesIn(folder, error);
  if (error) all.problems.push_back(absl::StrCat(folder, ": ", error.message()));
  std::map<std::pair<std::string, uint32_t>, std::string> first;  // file by name and version
  for (const std::filesystem::path& path : files) {
    const std::optional<std::string> text = ReadFile(path);
    if (!text.has_value()) {
      all.problems.push_back(absl::StrCat(path.string(), ": cannot be read"));
      continue;
    }
    LoadedFolder one = LoadDefinition(path.string(), *text, environment, limits);
    std::move(one.problems.begin(), one.problems.end(), std::back_inserter(all.problems));
    for (port::LoadedDefinition& loaded : one.definitions) {
      const core::SagaDefinition& definition = loaded.definition;
      const auto [known, fresh] =
          first.emplace(std::pair(definition.name, definition.version), path.string());
      if (fresh) {
        all.definitions.push_back(std::move(loaded));
        continue;
      }
      all.problems.push_back(absl::StrCat(path.string(), ":1: name: version ", definition.version,
                                          " of '", definition.name, "' is defined in ",
                                          known->second, " already"));
    }
  }
  return all;
}

}  // namespace saga::adapter
