// Random names, digests and signatures (OpenSSL).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "adapters/openssl/base64.h"

struct evp_md_ctx_st;

namespace sotto::app {

// `bytes` random bytes as lower-case hex.
std::string random_hex(int bytes);
// SHA-256 as lower-case hex.
std::string digest(std::string_view text);
// HMAC-SHA256 (RFC 2104) in base64.
std::string hmac_base64(std::string_view key, std::string_view text);
// A random UUID (RFC 9562, version 4).
std::string random_uuid();

// SHA-256 of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  void add(std::span<std::uint8_t const> bytes);
  // Lower-case hex; once, nothing may be added afterwards.
  std::string finish();

 private:
  struct Deleter {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Deleter> context_;
};

}  // namespace sotto::app
