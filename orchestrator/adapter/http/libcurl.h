#pragma once

// Includes libcurl: for the .cc files of this folder only.

#include <curl/curl.h>

#include "orchestrator/base/check.h"

namespace saga::adapter {

// Makes libcurl ready for this process. Any thread; only the first call does something.
void StartLibcurl();

// For options and values that libcurl always takes.
template <typename Value>
void SetCurl(CURL* handle, CURLoption option, Value value) {
  SAGA_CHECK(curl_easy_setopt(handle, option, value) == CURLE_OK);
}

}  // namespace saga::adapter
