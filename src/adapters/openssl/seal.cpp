#include "adapters/openssl/seal.h"

#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace sotto {

namespace {

constexpr std::size_t kTextMax = 1u << 30;  // OpenSSL counts in int

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }  // cleanses the key within
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// Looked up once: OpenSSL 3 searches its providers at every EVP_aes_256_gcm().
EVP_CIPHER const* cipher() {
  static EVP_CIPHER const* const found = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  CHECK(found);
  return found;
}

unsigned char const* bytes(std::string_view text) { return reinterpret_cast<unsigned char const*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int count(std::string_view text) { return static_cast<int>(text.size()); }

Context start(Key const& key, unsigned char const* nonce, std::string_view aad, bool encrypt) {
  Context context(EVP_CIPHER_CTX_new());
  CHECK(context && aad.size() <= kTextMax);
  CHECK(EVP_CipherInit_ex2(context.get(), cipher(), key.data(), nonce, encrypt, nullptr) == 1);
  int done = 0;
  CHECK(aad.empty() || EVP_CipherUpdate(context.get(), nullptr, &done, bytes(aad), count(aad)) == 1);
  return context;
}

}  // namespace

std::string seal(Key const& key, std::string_view aad, std::string_view text) {
  CHECK(text.size() <= kTextMax);
  std::string out(kSealGrowth + text.size(), '\0');
  auto* const to = bytes(out);
  CHECK(RAND_bytes(to, kSealNonce) == 1);
  auto const context = start(key, to, aad, true);
  int done = 0;
  CHECK(text.empty() || EVP_CipherUpdate(context.get(), to + kSealNonce, &done, bytes(text), count(text)) == 1);
  auto* const tag = to + kSealNonce + text.size();
  CHECK(EVP_CipherFinal_ex(context.get(), tag, &done) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kSealTag, tag) == 1);
  return out;
}

Result<std::string> unseal(Key const& key, std::string_view aad, std::string_view sealed) {
  auto const damaged = [] { return fail("damaged", "what was sealed has another key, another place or other bytes"); };
  if (sealed.size() < kSealGrowth || sealed.size() > kTextMax + kSealGrowth) return damaged();
  auto const hidden = sealed.substr(kSealNonce, sealed.size() - kSealGrowth);
  std::string tag(sealed.substr(sealed.size() - kSealTag)), out(hidden.size(), '\0');
  auto const context = start(key, bytes(sealed), aad, false);
  int done = 0;
  CHECK(hidden.empty() || EVP_CipherUpdate(context.get(), bytes(out), &done, bytes(hidden), count(hidden)) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kSealTag, tag.data()) == 1);
  unsigned char rest[16];
  if (EVP_CipherFinal_ex(context.get(), rest, &done) == 1) return out;
  cleanse(out);
  return damaged();
}

Key random_key() {
  Key key;
  CHECK(RAND_priv_bytes(key.data(), static_cast<int>(key.size())) == 1);
  return key;
}

void cleanse(std::span<std::uint8_t> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

void cleanse(std::string& text) { OPENSSL_cleanse(text.data(), text.size()); }

}  // namespace sotto
