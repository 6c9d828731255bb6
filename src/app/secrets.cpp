#include "app/secrets.h"

#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace sotto::app {

static std::string hex(unsigned char const* bytes, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

std::string random_hex(int bytes) {
  std::vector<unsigned char> raw(bytes);
  CHECK(RAND_bytes(raw.data(), bytes) == 1);
  return hex(raw.data(), raw.size());
}

std::string digest(std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), out, &size, EVP_sha256(), nullptr) == 1);
  return hex(out, size);
}

}  // namespace sotto::app
