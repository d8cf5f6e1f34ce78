#pragma once

// What every HTTP call of DTM's protocol answers with, and reads that may wait for the store
// (protocol 1.3). Thread-safe.

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "orchestrator/api/codec_answer.h"
#include "orchestrator/api/http_message.h"
#include "orchestrator/api/reader_pool.h"

namespace saga::api {

HttpResponse HttpOk(std::string json);

HttpResponse ToHttp(const WireAnswer& answer);

// A refusal from before the engine.
HttpResponse HttpRefusal(const absl::Status& status);

// 503: core::kHttpReaderQueue reads are waiting already.
HttpResponse TooManyReads();

// For a call that answers with nothing but how it went.
absl::AnyInvocable<void(WireAnswer)> AnswerTo(HttpResponder responder);

// Answers with what `read` returns, from a thread of `readers`.
void AnswerFrom(ReaderPool& readers, HttpResponder responder,
                absl::AnyInvocable<HttpResponse()> read);

}  // namespace saga::api
