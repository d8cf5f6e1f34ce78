#include "orchestrator/api/dtm_topics_http.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "orchestrator/api/dtm_http_answer.h"
#include "orchestrator/api/dtm_json.h"
#include "orchestrator/api/dtm_list.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kTopicPath = "/api/dtmsvr/topic/";

Json List(const std::vector<port::KvRecord>& records) {
  Json list = Json::array();
  for (const port::KvRecord& record : records) {
    list.push_back({{"id", record.id},
                    {"create_time", FormatTime(record.create_time)},
                    {"update_time", FormatTime(record.update_time)},
                    {"cat", record.category},
                    {"k", record.key},
                    {"v", record.value},
                    {"version", record.version}});
  }
  return list;
}

HttpResponse Answer(const Json& json) {
  return HttpOk(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

HttpResponse StoreError(const absl::Status& status) {
  return HttpMessage(500, std::string(status.message()));
}

}  // namespace

void DtmTopicsHttp::AddRoutes(HttpRouter& router) {
  const auto text = [](const HttpRequest& request, std::string_view name) {
    return std::string(request.Query(name));
  };
  router.Add("GET", "/api/dtmsvr/subscribe",
             [this, text](HttpRequest request, HttpResponder responder) {
               topics_.Subscribe(text(request, "topic"), text(request, "url"),
                                 text(request, "remark"), AnswerTo(std::move(responder)));
             });
  router.Add("GET", "/api/dtmsvr/unsubscribe",
             [this, text](HttpRequest request, HttpResponder responder) {
               topics_.Unsubscribe(text(request, "topic"), text(request, "url"),
                                   AnswerTo(std::move(responder)));
             });
  router.Add("DELETE", std::string(kTopicPath).append(":name"),
             [this](HttpRequest request, HttpResponder responder) {
               topics_.Delete(request.path.substr(kTopicPath.size()),
                              AnswerTo(std::move(responder)));
             });
  router.Add("GET", "/api/dtmsvr/scanKV", [this](HttpRequest request, HttpResponder responder) {
    ScanKv(request, std::move(responder));
  });
  router.Add("GET", "/api/dtmsvr/queryKV", [this](HttpRequest request, HttpResponder responder) {
    QueryKv(request, std::move(responder));
  });
}

void DtmTopicsHttp::ScanKv(const HttpRequest& request, HttpResponder responder) {
  const auto page = ReadPage(request);
  if (!page.ok()) return responder.Send(HttpRefusal(page.status()));
  port::KvFilter filter;
  filter.category = std::string(request.Query("cat"));
  filter.before_id = page->before_id;
  if (page->matches_none) {
    return responder.Send(Answer({{"kv", Json::array()}, {"next_position", ""}}));
  }
  filter.limit = page->limit + 1;
  AnswerFrom(readers_, std::move(responder), [this, filter, limit = page->limit]() -> HttpResponse {
    auto records = records_.ListKv(filter);
    if (!records.ok()) return StoreError(records.status());
    const std::string next = TrimPage(*records, limit);
    return Answer({{"kv", List(*records)}, {"next_position", next}});
  });
}

void DtmTopicsHttp::QueryKv(const HttpRequest& request, HttpResponder responder) {
  port::KvFilter filter;
  filter.category = std::string(request.Query("cat"));
  filter.key = std::string(request.Query("key"));
  filter.limit = core::kHttpMaxPage;
  AnswerFrom(readers_, std::move(responder), [this, filter]() -> HttpResponse {
    const auto records = records_.ListKv(filter);
    return records.ok() ? Answer({{"kv", List(*records)}}) : StoreError(records.status());
  });
}

}  // namespace saga::api
