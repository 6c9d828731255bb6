// Text sealed under a key: AES-256 in Galois/Counter Mode (NIST SP 800-38D) with OpenSSL. What was sealed can be read
// with its key alone, and a byte of it that was changed, cut off or moved elsewhere is noticed. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "ports/call_keys.h"

namespace sotto {

inline constexpr std::size_t kSealNonce = 12, kSealTag = 16;  // bytes before and after the ciphertext
inline constexpr std::size_t kSealGrowth = kSealNonce + kSealTag;

// nonce | ciphertext | tag. The nonce is random: at most 2^32 texts under one key. `aad` is not hidden and not part of
// the answer: it says where the text belongs and must be the same when it is opened. Texts of at most 1 GiB.
std::string seal(Key const& key, std::string_view aad, std::string_view text);

// The text. Error `damaged`: another key, another `aad`, or other bytes than were sealed.
Result<std::string> unseal(Key const& key, std::string_view aad, std::string_view sealed);

// A new key from the system's randomness.
Key random_key();

// Overwritten, in a way that no compiler leaves out.
void cleanse(std::span<std::uint8_t> bytes);
void cleanse(std::string& text);

// A copy of a key that leaves nothing behind in memory.
class HeldKey {
 public:
  HeldKey() = default;
  explicit HeldKey(Key const& key) : key_(key) {}
  HeldKey(HeldKey const&) = delete;
  HeldKey& operator=(HeldKey const&) = delete;
  ~HeldKey() { cleanse(key_); }

  Key const& operator*() const { return key_; }
  Key& operator*() { return key_; }

 private:
  Key key_{};
};

struct NumberedKey {
  KeyId id = 0;
  std::shared_ptr<HeldKey const> key;
};

}  // namespace sotto
