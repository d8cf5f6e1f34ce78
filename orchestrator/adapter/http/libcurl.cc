#include "orchestrator/adapter/http/libcurl.h"

#include "absl/base/call_once.h"

namespace saga::adapter {

void StartLibcurl() {
  static absl::once_flag once;
  absl::call_once(once, [] { SAGA_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

}  // namespace saga::adapter
