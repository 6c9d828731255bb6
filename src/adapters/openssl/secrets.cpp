#include "adapters/openssl/secrets.h"

#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
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

std::string hmac_base64(std::string_view key, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  auto const* bytes = reinterpret_cast<unsigned char const*>(text.data());
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), out, &size));
  unsigned char encoded[EVP_MAX_MD_SIZE * 2];
  auto const length = EVP_EncodeBlock(encoded, out, static_cast<int>(size));
  return {reinterpret_cast<char const*>(encoded), static_cast<std::size_t>(length)};
}

std::string random_uuid() {
  auto hex = random_hex(16);
  hex[12] = '4';
  hex[16] = "89ab"[hex[16] % 4];
  for (auto const dash : {20, 16, 12, 8}) hex.insert(static_cast<std::size_t>(dash), 1, '-');
  return hex;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::span<std::uint8_t const> bytes) {
  CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish() {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context_.get(), out, &size) == 1);
  return hex(out, size);
}

void Sha256::Deleter::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

}  // namespace sotto::app
