#include "adapters/key_file/master_key.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "base/check.h"

namespace sotto {

namespace {

constexpr char const* kHex = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
constexpr char const* kBase64 = "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=";  // the same bytes

class MasterKey : public testing::Test {
 protected:
  MasterKey() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-master-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    folder_ = pattern;
    ::unsetenv(kMasterKeyVariable);
  }
  ~MasterKey() override {
    ::unsetenv(kMasterKeyVariable);
    std::filesystem::remove_all(folder_);
  }
  Error refused(KeySettings const& settings = {}) {
    auto const keys = open_call_keys(folder_, settings);
    EXPECT_FALSE(keys);
    return keys ? Error{} : keys.error();
  }
  // What was sealed by one start is read by the next.
  void same_key(KeySettings const& one, KeySettings const& other) {
    KeyId id = 0;
    Key key{};
    {
      auto const keys = open_call_keys(folder_, one);
      ASSERT_TRUE(keys) << keys.error().message;
      id = *(*keys)->fresh();
      key = *(*keys)->find(id);
    }
    auto const again = open_call_keys(folder_, other);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*(*again)->find(id), key);
  }
  std::filesystem::path write(char const* name, std::string const& text, mode_t mode = 0600) {
    auto const path = folder_ / name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::filesystem::path folder_;
};

}  // namespace

TEST_F(MasterKey, IsMadeAtTheFirstStartForItsUserAlone) {
  same_key({}, {});
  struct stat made{};
  ASSERT_EQ(::stat((folder_ / "master.key").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "master.key.new"));
}

TEST_F(MasterKey, ItsFolderIsMadeAndIsNobodyElsesToWriteIn) {
  auto const inner = folder_ / "data" / "store";
  ASSERT_TRUE(open_call_keys(inner, {}));
  struct stat made{};
  ASSERT_EQ(::stat(inner.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0700u);
  ::chmod(inner.c_str(), 0770);
  auto const refused = open_call_keys(inner, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("chmod go-w"), std::string::npos) << refused.error().message;
}

TEST_F(MasterKey, TheEnvironmentTheCommandAndTheFileGiveTheSame) {
  ::setenv(kMasterKeyVariable, kHex, 1);
  same_key({}, {.command = {"no-such-program"}});
  ::unsetenv(kMasterKeyVariable);
  same_key({.command = {"echo", kBase64}}, {.file = write("given.key", std::string(kHex) + "\nof the store\n")});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "master.key")) << "none was needed";
  ::setenv("SOTTO_TEST_KEY", kHex, 1);
  same_key({.command = {"sh", "-c", "echo $SOTTO_TEST_KEY"}}, {.file = folder_ / "given.key"});
}

TEST_F(MasterKey, WithoutItTheStoreIsNotTouched) {
  same_key({}, {});
  std::filesystem::remove(folder_ / "master.key");
  auto const error = refused();
  EXPECT_EQ(error.code, "bad_master_key");
  EXPECT_NE(error.message.find((folder_ / "master.key").string()), std::string::npos) << error.message;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "master.key")) << "a new one opens nothing";
  ::setenv(kMasterKeyVariable, kHex, 1);
  EXPECT_EQ(refused().code, "wrong_master_key");
}

TEST_F(MasterKey, WhatIsNoKeyIsSaidWithItsPlaceAndNotShown) {
  std::string const canary = "canary-canary-canary";
  ::setenv(kMasterKeyVariable, canary.c_str(), 1);
  EXPECT_NE(refused().message.find(kMasterKeyVariable), std::string::npos);
  EXPECT_EQ(refused().message.find(canary), std::string::npos);
  ::setenv(kMasterKeyVariable, "", 1);
  EXPECT_NE(refused().message.find("empty"), std::string::npos);
  ::unsetenv(kMasterKeyVariable);
  auto const file = write("bad.key", canary + "\n");
  EXPECT_NE(refused({.file = file}).message.find(file.string()), std::string::npos);
  EXPECT_EQ(refused({.file = file}).message.find(canary), std::string::npos);
  EXPECT_NE(refused({.file = folder_ / "none"}).message.find("none"), std::string::npos);
  EXPECT_EQ(refused({.file = folder_}).code, "bad_master_key") << "a folder";
  EXPECT_NE(refused({.file = write("open.key", kHex, 0644)}).message.find("chmod 600"), std::string::npos);
  EXPECT_NE(refused({.command = {"no-such-program"}}).message.find("not installed"), std::string::npos);
  EXPECT_NE(refused({.command = {"false"}}).message.find("ended with an error"), std::string::npos);
  EXPECT_EQ(refused({.command = {"echo", canary}}).message.find(canary), std::string::npos);
  EXPECT_EQ(refused({.command = {"yes"}}).code, "bad_master_key");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "keys")) << "nothing was made with what is no key";
}

TEST_F(MasterKey, ItsFormsAreHexAndBase64OfThirtyTwoBytes) {
  Key hex{}, base64{};
  ASSERT_TRUE(parse_master_key(std::string("  ") + kHex + "\r\n", "a file", hex));
  ASSERT_TRUE(parse_master_key(kBase64, "a file", base64));
  EXPECT_EQ(hex, base64);
  EXPECT_EQ(hex[1], 0x11);
  auto const text = std::string(kHex);
  auto const short_base64 = std::string(kBase64).substr(4);
  for (auto const& bad : {text.substr(1), text.substr(2), text + "00", "x" + text.substr(1), short_base64}) {
    auto const refused = parse_master_key(bad, "a file", hex);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().message.find(bad), std::string::npos);
  }
}

}  // namespace sotto
