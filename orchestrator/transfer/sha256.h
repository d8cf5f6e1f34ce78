#pragma once

#include <string>

#include "absl/strings/string_view.h"

struct evp_md_ctx_st;

namespace saga::transfer {

// The digest of a stream. Thread safety: none.
class Sha256 {
 public:
  Sha256();
  ~Sha256();

  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Add(absl::string_view bytes);
  // Of all that was added: 32 bytes. Once.
  std::string Take();

 private:
  evp_md_ctx_st* const context_;
};

}  // namespace saga::transfer
