#include "adapters/openssl/seal.h"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "adapters/openssl/base64.h"

namespace sotto {

static std::string bytes(std::string_view hex) { return from_hex(hex).value(); }

static Key key_of(std::string_view hex) {
  Key key{};
  std::ranges::copy(bytes(hex), key.begin());
  return key;
}

// D. McGrew, J. Viega, "The Galois/Counter Mode of Operation (GCM)", submitted to NIST, appendix B: the test cases of
// AES-256 with a nonce of 96 bits. What opens them can only be that cipher; what seal() makes is then opened by it.
struct Vector {
  char const *name, *key, *nonce, *aad, *text, *hidden, *tag;
};
static constexpr Vector kVectors[] = {
    {"test case 13", "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
     "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"test case 14", "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {"test case 15", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f662898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"test case 16", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
     "ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
     "bcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"}};

TEST(Seal, OpensThePublishedVectors) {
  for (auto const& vector : kVectors) {
    auto const sealed = bytes(vector.nonce) + bytes(vector.hidden) + bytes(vector.tag);
    auto const text = unseal(key_of(vector.key), bytes(vector.aad), sealed);
    ASSERT_TRUE(text) << vector.name;
    EXPECT_EQ(*text, bytes(vector.text)) << vector.name;
  }
}

RC_GTEST_PROP(Seal, WhatIsSealedIsOpenedAgain, (std::string const& aad, std::string const& text)) {
  auto const key = random_key();
  auto const sealed = seal(key, aad, text);
  RC_ASSERT(sealed.size() == text.size() + kSealGrowth);
  RC_ASSERT(unseal(key, aad, sealed).value() == text);
}

TEST(Seal, AChangeOfAnyByteIsNoticed) {
  auto const key = random_key();
  auto const sealed = seal(key, "call 1, event 2", "my number is one two three");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    for (int const change : {0x01, 0x80, 0xff}) {
      auto changed = sealed;
      changed[at] = static_cast<char>(changed[at] ^ change);
      EXPECT_EQ(unseal(key, "call 1, event 2", changed).error().code, "damaged") << at;
    }
    EXPECT_FALSE(unseal(key, "call 1, event 2", sealed.substr(0, at))) << "cut at " << at;
    EXPECT_FALSE(unseal(key, "call 1, event 2", sealed.substr(at + 1))) << "without the first " << at + 1;
  }
  EXPECT_FALSE(unseal(key, "call 1, event 2", sealed + '\0'));
  EXPECT_FALSE(unseal(key, "call 1, event 3", sealed)) << "moved to another place";
  EXPECT_FALSE(unseal(key, "", sealed));
  for (std::size_t at = 0; at < key.size(); ++at) {
    auto other = key;
    other[at] ^= 1;
    EXPECT_FALSE(unseal(other, "call 1, event 2", sealed)) << "key byte " << at;
  }
}

TEST(Seal, TheSameTextNeverLooksTheSame) {
  auto const key = random_key();
  std::set<std::string> nonces, sealed;
  for (int i = 0; i < 10'000; ++i) {
    auto const one = seal(key, "", "yes");
    nonces.insert(one.substr(0, kSealNonce));
    sealed.insert(one.substr(kSealNonce));
  }
  EXPECT_EQ(nonces.size(), 10'000u);
  EXPECT_EQ(sealed.size(), 10'000u);
}

TEST(Seal, NothingOfTheTextStandsInWhatIsSealed) {
  std::string const text(4096, 'a');
  auto const sealed = seal(random_key(), "a place", text);
  EXPECT_EQ(sealed.find("aaaa"), std::string::npos);
  EXPECT_EQ(sealed.find("place"), std::string::npos);
}

TEST(HeldKey, LeavesNothingBehind) {
  alignas(HeldKey) std::uint8_t place[sizeof(HeldKey)] = {};
  auto* const held = new (place) HeldKey(key_of("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  ASSERT_NE(place[0], 0);
  held->~HeldKey();
  for (auto const byte : std::span<std::uint8_t const volatile>(place)) EXPECT_EQ(byte, 0);
}

}  // namespace sotto
