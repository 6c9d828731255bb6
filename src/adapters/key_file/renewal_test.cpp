#include "adapters/key_file/renewal.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "adapters/openssl/base64.h"
#include "base/check.h"

namespace sotto {

namespace {

namespace fs = std::filesystem;

constexpr int kKeys = 200;

class Renewal : public testing::Test {
 protected:
  Renewal() {
    std::string pattern = (fs::temp_directory_path() / "sotto-renewal-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    made_ = pattern;
    folder = made_ / "data";
    ::unsetenv(kMasterKeyVariable);
  }
  ~Renewal() override { fs::remove_all(made_); }

  void store_keys(KeySettings const& settings = {}) {
    auto const keys = open_call_keys(folder, settings);
    CHECK(keys);
    for (int i = 0; i < kKeys; ++i) {
      auto const id = (*keys)->fresh();
      CHECK(id);
      stored[*id] = *(*keys)->find(*id);
    }
  }
  // All keys and no other open.
  bool opens(KeySettings const& settings = {}) {
    auto const keys = open_call_keys(folder, settings);
    if (!keys) {
      why = keys.error();
      return false;
    }
    for (auto const& [id, key] : stored) EXPECT_EQ((*keys)->find(id), key) << id;
    EXPECT_EQ((*keys)->all()->size(), stored.size());
    return true;
  }
  static std::string bytes(fs::path const& file) {
    std::ostringstream out;
    out << std::ifstream(file, std::ios::binary).rdbuf();
    return out.str();
  }
  fs::path key_file(char const* name, Key const& key) {
    auto const file = made_ / name;
    std::ofstream(file) << to_hex({reinterpret_cast<char const*>(key.data()), key.size()}) << "\n";
    ::chmod(file.c_str(), 0600);
    return file;
  }
  void expect_nothing_left() {
    for (auto const* name : {"keys.new", "keys.old", "master.key.next", "master.key.old", "master.key.next.new"})
      EXPECT_FALSE(fs::exists(folder / name)) << name;
  }
  // A child is killed before step `steps`; true: it came to its end.
  bool killed_after(int steps, fs::path const& fresh, KeySettings const& settings) {
    auto const child = ::fork();
    if (child == 0) {
      int step = 0;
      auto const renewed = renew_master_key(folder, settings, fresh, [&] {
        if (step++ == steps) ::_exit(7);
      });
      ::_exit(renewed ? 0 : 1);
    }
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) != 1);
    return WEXITSTATUS(status) == 0;
  }

  fs::path folder;
  std::map<KeyId, Key> stored;
  Error why;

 private:
  fs::path made_;
};

}  // namespace

TEST_F(Renewal, KeysOpenUnderANewKeyAndTheOldOneOpensNothing) {
  store_keys();
  auto const before = bytes(folder / "master.key"), old_keys = bytes(folder / "keys");
  auto const renewed = renew_master_key(folder, {}, {});
  ASSERT_TRUE(renewed) << renewed.error().message;
  EXPECT_EQ(renewed->keys, std::size_t{kKeys});
  EXPECT_TRUE(renewed->own);
  EXPECT_NE(bytes(folder / "master.key"), before);
  expect_nothing_left();
  ASSERT_TRUE(opens());
  std::ofstream(folder / "master.key") << before;
  EXPECT_FALSE(opens());
  EXPECT_EQ(why.code, "wrong_master_key");
  auto const now = bytes(folder / "keys");
  for (std::size_t at = 8192; at + 68 < std::min(now.size(), old_keys.size()); at += 128)
    EXPECT_NE(now.substr(at + 8, 60), old_keys.substr(at + 8, 60)) << "each slot is sealed anew";
}

TEST_F(Renewal, KilledAtAnyStepOneOfTheTwoKeysOpensEverything) {
  store_keys();
  bool done = false;
  for (int steps = 0; !done; ++steps) {
    ASSERT_LT(steps, 20);
    done = killed_after(steps, {}, {});
    ASSERT_TRUE(opens()) << "killed at step " << steps << ": " << why.message;
    expect_nothing_left();
  }
}

TEST_F(Renewal, AKeyOfElsewhereIsGivenAndKilledAtAnyStepEitherOpensEverything) {
  KeySettings old{.command = {}, .file = key_file("old", random_key())};
  store_keys(old);
  bool done = false;
  for (int steps = 0; !done; ++steps) {
    ASSERT_LT(steps, 20);
    KeySettings const fresh{.command = {}, .file = key_file("fresh", random_key())};
    done = killed_after(steps, fresh.file, old);
    if (!opens(old)) {
      EXPECT_EQ(why.code, "wrong_master_key");
      ASSERT_TRUE(opens(fresh)) << "killed at step " << steps << ": " << why.message;
      fs::copy_file(fresh.file, old.file, fs::copy_options::overwrite_existing);
    }
    expect_nothing_left();
  }
  auto const without = renew_master_key(folder, old, {});
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, "bad_master_key");
  EXPECT_TRUE(opens(old));
}

TEST_F(Renewal, WhatCannotBeIsSaidAndNothingChanges) {
  EXPECT_EQ(renew_master_key(folder, {}, {}).error().code, "no_keys");
  store_keys();
  {
    auto const held = open_call_keys(folder, {});
    auto const renewed = renew_master_key(folder, {}, {});
    ASSERT_FALSE(renewed) << "a server runs";
    EXPECT_EQ(renewed.error().code, "keys_in_use");
  }
  EXPECT_EQ(renew_master_key(folder, {}, folder / "none").error().code, "bad_master_key");
  EXPECT_TRUE(opens());
  expect_nothing_left();
}

}  // namespace sotto
