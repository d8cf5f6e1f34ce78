#include "orchestrator/api/dtm_http_answer.h"

#include <memory>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace saga::api {

namespace {

using Json = nlohmann::json;

HttpResponse Result(int status, std::string_view result, const std::string& text) {
  const Json body = {{"dtm_result", result}, {"message", text}};
  return {.status = status, .body = body.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

HttpResponse HttpOk(std::string json) { return {.status = 200, .body = std::move(json)}; }

HttpResponse ToHttp(const WireAnswer& answer) {
  switch (answer.kind) {
    case WireAnswer::Kind::kSuccess:
      return HttpOk(R"({"dtm_result":"SUCCESS"})");
    case WireAnswer::Kind::kFailure:
      return Result(409, "FAILURE", answer.text);
    case WireAnswer::Kind::kOngoing:
      return Result(425, "ONGOING", answer.text);
    case WireAnswer::Kind::kError:
    case WireAnswer::Kind::kBadRequest:
      return HttpMessage(500, answer.text);
    case WireAnswer::Kind::kOverloaded:
    case WireAnswer::Kind::kUnavailable:
      return HttpMessage(503, answer.text);
  }
  return HttpMessage(500, answer.text);
}

HttpResponse HttpRefusal(const absl::Status& status) { return ToHttp(ToWire(status)); }

HttpResponse TooManyReads() {
  return HttpMessage(503, "too many reads at once, try again (kHttpReaderQueue)");
}

absl::AnyInvocable<void(WireAnswer)> AnswerTo(HttpResponder responder) {
  return [responder = std::move(responder)](WireAnswer answer) mutable {
    responder.Send(ToHttp(answer));
  };
}

void AnswerFrom(ReaderPool& readers, HttpResponder responder,
                absl::AnyInvocable<HttpResponse()> read) {
  // Kept here until the pool has taken the work: a responder cannot be had back from a closure.
  auto kept = std::make_shared<HttpResponder>(std::move(responder));
  const bool taken = readers.Run([kept, read = std::move(read)]() mutable { kept->Send(read()); });
  if (!taken) kept->Send(TooManyReads());
}

}  // namespace saga::api
