#include "orchestrator/api/dtm_http.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/string_view.h"
#include "orchestrator/api/codec.h"
#include "orchestrator/api/dtm_calls.h"
#include "orchestrator/api/dtm_http_answer.h"
#include "orchestrator/api/dtm_json.h"
#include "orchestrator/api/dtm_json_rpc.h"
#include "orchestrator/api/dtm_list.h"
#include "orchestrator/api/dtm_resets.h"
#include "orchestrator/api/dtm_topics_http.h"
#include "orchestrator/api/reader_pool.h"
#include "orchestrator/core/retry.h"

namespace saga::api {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kBase = "/api/dtmsvr/";
// Of a resetCronTime that names none: three timeouts of a transaction (protocol 2.2).
constexpr base::Duration kResetTimeout{3 * core::kDefaultTimeoutToFail.micros};
constexpr std::string_view kContentMetrics = "text/plain; version=0.0.4; charset=utf-8";

HttpResponse ResetAnswer(const absl::StatusOr<Reset>& reset) {
  if (!reset.ok()) return HttpMessage(500, std::string(reset.status().message()));
  return HttpOk(
      Json({{"has_remaining", reset->remaining}, {"succeed_count", reset->succeeded}}).dump());
}

HttpResponse ProgressAnswer(const core::GlobalTransaction& transaction) {
  auto body = EncodeProgress(transaction);
  return body.ok() ? HttpOk(*std::move(body)) : HttpRefusal(body.status());
}

HttpResponse QueryAnswer(const core::GlobalTransaction& transaction, base::Time next_wake,
                         const core::Settings& settings) {
  auto body = EncodeQuery(transaction, next_wake, core::PresentInterval(transaction, settings));
  return body.ok() ? HttpOk(*std::move(body)) : HttpRefusal(body.status());
}

}  // namespace

class DtmHttpDoor::Impl {
 public:
  Impl(const Parts& parts, DtmHttpOptions options)
      : engine_(*parts.engine),
        query_(*parts.query),
        gids_(*parts.gids),
        clock_(*parts.clock),
        options_(std::move(options)),
        calls_(*parts.engine, &parts.topics->topics(), options_.settings.limits),
        json_rpc_(calls_, *parts.gids),
        topics_(*parts.topics, *parts.records, readers_),
        readers_(options_.readers, options_.reader_queue) {}

  void AddRoutes(HttpRouter& router);

 private:
  using Call = void (DtmCalls::*)(DtmRequest, DtmCalls::Done);

  // prepare, submit and abort.
  void TakeRequest(Call call, const HttpRequest& request, HttpResponder responder) {
    auto decoded = DecodeRequest(request.body, GidForm::kCleaned, calls_.limits().steps);
    if (!decoded.ok()) return responder.Send(HttpRefusal(decoded.status()));
    (calls_.*call)(*std::move(decoded), AnswerTo(std::move(responder)));
  }

  void TakeRegistration(const HttpRequest& request, HttpResponder responder) {
    auto decoded = DecodeRegistration(request.body);
    if (!decoded.ok()) {
      // The one place where DTM answers 400, and calls its JSON text (protocol 1.3).
      HttpResponse refusal = HttpMessage(400, std::string(decoded.status().message()));
      refusal.content_type = kContentText;
      return responder.Send(std::move(refusal));
    }
    calls_.RegisterBranch(*std::move(decoded), AnswerTo(std::move(responder)));
  }

  void Query(const HttpRequest& request, HttpResponder responder) {
    const std::string gid(request.Query("gid"));
    if (gid.empty()) return responder.Send(HttpMessage(500, "no gid specified"));
    Look(gid, std::make_shared<HttpResponder>(std::move(responder)));
  }

  // A live transaction's record is in the engine; what has left memory is in the store. A gid that
  // came by gRPC or JSON-RPC is stored as it was sent, so that is looked for first.
  void Look(const std::string& gid, std::shared_ptr<HttpResponder> responder) {
    engine_.Inspect(
        gid, [this, gid, responder = std::move(responder)](const engine::Snapshot* live) {
          // Copied, because what follows takes longer than the engine's thread has. Payloads are
          // shared, not copied.
          std::optional<port::StoredTransaction> found;
          if (live != nullptr)
            found = {.transaction = live->transaction, .next_wake = live->next_wake};
          const bool taken = readers_.Run([this, gid, responder, found = std::move(found)] {
            if (found.has_value())
              return responder->Send(
                  QueryAnswer(found->transaction, found->next_wake, options_.settings));
            const auto stored = query_.Find(gid);
            if (stored.ok())
              return responder->Send(
                  QueryAnswer(stored->transaction, stored->next_wake, options_.settings));
            if (!absl::IsNotFound(stored.status()))
              return responder->Send(HttpMessage(500, std::string(stored.status().message())));
            const std::string cleaned = CleanHttpGid(gid);
            if (cleaned == gid || cleaned.empty())
              return responder->Send(HttpOk(EncodeQueryOfNone()));
            Look(cleaned, responder);
          });
          if (!taken) responder->Send(TooManyReads());
        });
  }

  void All(const HttpRequest& request, HttpResponder responder) {
    auto list = ReadListQuery(request);
    if (!list.ok()) return responder.Send(HttpRefusal(list.status()));
    if (list->matches_none) return responder.Send(HttpOk(EncodeList({}, "")));
    AnswerFrom(readers_, std::move(responder), [this, list = *std::move(list)]() -> HttpResponse {
      return list.gid.empty() ? Page(list.filter) : One(list);
    });
  }

  HttpResponse One(const ListQuery& list) {
    auto stored = query_.Find(list.gid);
    const std::string cleaned = CleanHttpGid(list.gid);
    if (absl::IsNotFound(stored.status()) && cleaned != list.gid) stored = query_.Find(cleaned);
    if (stored.ok()) return HttpOk(EncodeList({*std::move(stored)}, list.position));
    if (absl::IsNotFound(stored.status())) return HttpOk(EncodeListOfNone(list.position));
    return HttpMessage(500, std::string(stored.status().message()));
  }

  HttpResponse Page(port::ListFilter filter) {
    const size_t limit = filter.limit;
    filter.limit = limit + 1;
    auto page = query_.List(filter);
    if (!page.ok()) return HttpMessage(500, std::string(page.status().message()));
    const std::string next = TrimPage(*page, limit);
    return HttpOk(EncodeList(*page, next));
  }

  void PrepareWorkflow(const HttpRequest& request, HttpResponder responder) {
    auto decoded = DecodeRequest(request.body, GidForm::kCleaned, calls_.limits().steps);
    if (!decoded.ok()) return responder.Send(HttpRefusal(decoded.status()));
    calls_.PrepareWorkflow(*std::move(decoded),
                           [responder = std::move(responder)](
                               WireAnswer answer, core::GlobalTransaction told) mutable {
                             const bool good = answer.kind == WireAnswer::Kind::kSuccess;
                             responder.Send(good ? ProgressAnswer(told) : ToHttp(answer));
                           });
  }

  // Blocks, hence a reader's thread.
  void ResetMany(const HttpRequest& request, HttpResponder responder) {
    const auto timeout = ReadNumber(request, "timeout");
    if (!timeout.ok()) return responder.Send(HttpRefusal(timeout.status()));
    const auto limit = ReadNumber(request, "limit");
    if (!limit.ok()) return responder.Send(HttpRefusal(limit.status()));
    const int64_t most = core::kHttpMaxPage;
    const int64_t seconds = std::clamp<int64_t>(timeout->value_or(kResetTimeout.micros / 1'000'000),
                                                0, core::kMaxOptionSeconds);
    const auto count =
        static_cast<size_t>(std::clamp<int64_t>(limit->value_or(core::kHttpDefaultPage), 1, most));
    auto kept = std::make_shared<HttpResponder>(std::move(responder));
    const bool taken = readers_.Run([this, kept, seconds, count] {
      ResetRetries(engine_, query_, clock_, base::Seconds(seconds), count,
                   [kept](absl::StatusOr<Reset> reset) { kept->Send(ResetAnswer(reset)); });
    });
    if (!taken) kept->Send(TooManyReads());
  }

  void Metrics(HttpResponder responder) {
    AnswerFrom(readers_, std::move(responder), [this]() -> HttpResponse {
      return {.status = 200, .body = options_.metrics(), .content_type = kContentMetrics};
    });
  }

  HttpResponse Ready() {
    const absl::Status ready = options_.ready();
    if (ready.ok()) return HttpOk(R"({"status":"ready"})");
    return HttpMessage(503, std::string(ready.message()));
  }

  engine::Engine& engine_;
  port::TransactionQuery& query_;
  GidSource& gids_;
  port::Clock& clock_;
  const DtmHttpOptions options_;
  DtmCalls calls_;
  DtmJsonRpc json_rpc_;
  DtmTopicsHttp topics_;
  ReaderPool readers_;
};

void DtmHttpDoor::Impl::AddRoutes(HttpRouter& router) {
  const auto path = [](std::string_view name) { return std::string(kBase).append(name); };
  const auto take = [&](std::string_view name, Call call) {
    router.Add("POST", path(name), [this, call](HttpRequest request, HttpResponder responder) {
      TakeRequest(call, request, std::move(responder));
    });
  };
  take("prepare", &DtmCalls::Prepare);
  take("submit", &DtmCalls::Submit);
  take("abort", &DtmCalls::Abort);
  take("forceStop", &DtmCalls::ForceStop);
  take("resetNextCronTime", &DtmCalls::RetryNow);
  router.Add("POST", path("prepareWorkflow"), [this](HttpRequest request, HttpResponder responder) {
    PrepareWorkflow(request, std::move(responder));
  });
  router.Add("GET", path("resetCronTime"), [this](HttpRequest request, HttpResponder responder) {
    ResetMany(request, std::move(responder));
  });
  for (const std::string_view name : {"registerBranch", "registerXaBranch", "registerTccBranch"}) {
    router.Add("POST", path(name), [this](HttpRequest request, HttpResponder responder) {
      TakeRegistration(request, std::move(responder));
    });
  }
  json_rpc_.AddRoutes(router);
  topics_.AddRoutes(router);
  router.Add("GET", path("newGid"), [this](HttpRequest, HttpResponder responder) {
    responder.Send(HttpOk(Json({{"dtm_result", "SUCCESS"}, {"gid", gids_.Next()}}).dump()));
  });
  router.Add("GET", path("version"), [this](HttpRequest, HttpResponder responder) {
    responder.Send(HttpOk(Json({{"version", options_.version}}).dump()));
  });
  router.Add("GET", path("query"), [this](HttpRequest request, HttpResponder responder) {
    Query(request, std::move(responder));
  });
  router.Add("GET", path("all"), [this](HttpRequest request, HttpResponder responder) {
    All(request, std::move(responder));
  });
  router.Add(HttpRouter::kAnyMethod, "/api/ping", [](HttpRequest, HttpResponder responder) {
    responder.Send(HttpOk(R"({"msg":"pong"})"));
  });
  router.Add("GET", "/api/metrics",
             [this](HttpRequest, HttpResponder responder) { Metrics(std::move(responder)); });
  router.Add("GET", "/healthz", [](HttpRequest, HttpResponder responder) {
    responder.Send(HttpOk(R"({"status":"alive"})"));
  });
  router.Add("GET", "/ready",
             [this](HttpRequest, HttpResponder responder) { responder.Send(Ready()); });
}

DtmHttpDoor::DtmHttpDoor(const Parts& parts, DtmHttpOptions options)
    : impl_(std::make_unique<Impl>(parts, std::move(options))) {}

DtmHttpDoor::~DtmHttpDoor() = default;

void DtmHttpDoor::AddRoutes(HttpRouter& router) { impl_->AddRoutes(router); }

}  // namespace saga::api
