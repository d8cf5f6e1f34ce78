#include "orchestrator/transfer/sha256.h"

#include <openssl/evp.h>

#include "orchestrator/base/check.h"

namespace saga::transfer {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  SAGA_CHECK(context_ != nullptr && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::Add(absl::string_view bytes) {
  SAGA_CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
}

std::string Sha256::Take() {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  SAGA_CHECK(EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(digest.data()), &size) ==
             1);
  digest.resize(size);
  return digest;
}

}  // namespace saga::transfer
