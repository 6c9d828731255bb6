#include "adapters/key_file/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "base/check.h"
#include "support/fragile_disk.h"

namespace sotto {

namespace {

Key const kMaster = random_key();

std::unique_ptr<KeyFile> opened(Platters& platters) {
  auto keys = KeyFile::open(std::make_unique<FragileDisk>(platters), "keys", kMaster);
  CHECK(keys);
  return std::move(*keys);
}

// As a kill or a power cut: nothing of an orderly end reaches the disk.
void drop(std::unique_ptr<KeyFile> keys, Platters& platters) {
  auto const before = platters;
  keys.reset();
  platters = before;
}

std::string sealed_in(Platters const& platters, KeyId id) {
  auto const slot = static_cast<std::size_t>(id & ((1 << 28) - 1));
  return platters.durable.substr(8192 + slot * 128 + 8, 60);
}

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-key-file-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path file() const { return path_ / "keys"; }

 private:
  std::filesystem::path path_;
};

std::string bytes_of(std::filesystem::path const& file) {
  std::stringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

}  // namespace

TEST(KeyFile, GivingAKeyCostsNoSyncButForOneInAGroup) {
  Platters platters;
  auto const keys = opened(platters);
  auto const before = platters.syncs;
  for (std::size_t i = 0; i < 10 * KeyFile::kGroup; ++i) ASSERT_TRUE(keys->fresh());
  EXPECT_EQ(platters.syncs - before, 10);
}

TEST(KeyFile, ItGrowsNoLongerWhenWhatIsDestroyedIsUsedAgain) {
  Platters platters;
  auto const keys = opened(platters);
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(keys->destroy(*keys->fresh()));
  EXPECT_LT(platters.seen.size(), 8192 + 4 * KeyFile::kGroup * 128);
}

TEST(KeyFile, AfterAnOrderlyEndNothingStandsThatWasNotGiven) {
  Platters platters;
  auto keys = opened(platters);
  auto const given = *keys->fresh();
  keys.reset();
  EXPECT_EQ(*opened(platters)->all(), std::vector{given});
}

// The power is gone at any write, of which any part reaches the disk.
TEST(KeyFile, NoPowerCutLosesWhatWasGivenOrBringsBackWhatWasDestroyed) {
  int cuts = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937 chance(seed);
    Platters platters;
    std::map<KeyId, Key> given;
    std::set<KeyId> ever, destroyed;
    std::map<KeyId, std::string> gone;
    for (int life = 0; life < 6; ++life) {
      auto keys = opened(platters);
      for (auto const& [id, key] : given) {
        auto const found = keys->find(id);
        ASSERT_TRUE(found) << "seed " << seed << ", life " << life;
        ASSERT_EQ(*found, key);
      }
      for (auto const id : destroyed) ASSERT_EQ(keys->find(id).error().code, "no_such_key") << "seed " << seed;
      for (auto const& [id, sealed] : gone) ASSERT_EQ(platters.durable.find(sealed), std::string::npos);
      platters.writes_left = static_cast<int>(chance() % 150);
      for (int step = 0; step < 150; ++step) {
        auto const any = given.empty() ? 0 : static_cast<std::ptrdiff_t>(chance() % given.size());
        auto const standing = given.empty() ? 0 : std::next(given.begin(), any)->first;
        if (chance() % 3 != 0 || !standing) {
          auto const id = keys->fresh();
          if (!id) break;
          ASSERT_TRUE(ever.insert(*id).second) << "given twice, seed " << seed;
          given.emplace(*id, keys->find(*id).value());
        } else {
          auto const sealed = sealed_in(platters, standing);
          given.erase(standing);
          if (!keys->destroy(standing)) break;
          destroyed.insert(standing);
          gone.emplace(standing, sealed);
        }
      }
      cuts += platters.writes_left == 0;
      drop(std::move(keys), platters);
      platters.cut(chance);
    }
  }
  EXPECT_GT(cuts, 500) << "the power was gone too seldom to say anything";
}

TEST(KeyFile, AfterASyncThatFailedNothingIsTakenForDone) {
  Platters platters;
  auto keys = opened(platters);
  auto const one = *keys->fresh();
  auto const sealed = sealed_in(platters, one);
  platters.failing_syncs = 1;
  EXPECT_EQ(keys->destroy(one).error().code, "keys_failed");
  EXPECT_NE(platters.durable.find(sealed), std::string::npos) << "the disk of this test keeps what was not synced";
  EXPECT_EQ(std::ranges::count(*keys->all(), one), 1) << "it may stand";
  ASSERT_TRUE(keys->destroy(one));
  EXPECT_EQ(platters.durable.find(sealed), std::string::npos) << "it must be written again, not only synced again";
  // The same over a restart: memory says zeros, the disk has the key.
  auto const other = *keys->fresh();
  auto const second = sealed_in(platters, other);
  platters.failing_syncs = 1;
  EXPECT_FALSE(keys->destroy(other));
  drop(std::move(keys), platters);
  keys = opened(platters);
  EXPECT_EQ(platters.durable.find(second), std::string::npos);
}

TEST(KeyFile, AGroupThatCouldNotBeSyncedIsNotGiven) {
  Platters platters;
  auto const keys = opened(platters);
  platters.failing_syncs = 1;
  EXPECT_EQ(keys->fresh().error().code, "keys_failed");
  auto const id = *keys->fresh();
  auto const key = *keys->find(id);
  std::mt19937 chance(1);
  auto after = platters;
  after.cut(chance);
  EXPECT_EQ(*opened(after)->find(id), key);
  platters.failing_writes = 1;
  for (std::size_t i = 1; i < KeyFile::kGroup; ++i) ASSERT_TRUE(keys->fresh());
  EXPECT_EQ(keys->fresh().error().code, "keys_failed");
  EXPECT_TRUE(keys->fresh());
}

TEST(KeyFile, AnotherMasterKeyIsSaidAndChangesNothing) {
  Folder const folder;
  auto keys = KeyFile::open(folder.file(), kMaster);
  ASSERT_TRUE(keys);
  auto const id = *(*keys)->fresh();
  auto const key = *(*keys)->find(id);
  keys->reset();
  auto const before = bytes_of(folder.file());
  auto const refused = KeyFile::open(folder.file(), random_key());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "wrong_master_key");
  EXPECT_NE(refused.error().message.find(folder.file().string()), std::string::npos) << refused.error().message;
  EXPECT_EQ(bytes_of(folder.file()), before);
  EXPECT_EQ(*(*KeyFile::open(folder.file(), kMaster))->find(id), key);
}

TEST(KeyFile, WhatIsGarbledIsDestroyedAndTheOthersStand) {
  Platters platters;
  auto keys = opened(platters);
  std::map<KeyId, Key> given;
  for (int i = 0; i < 200; ++i) {
    auto const id = *keys->fresh();
    given.emplace(id, *keys->find(id));
  }
  drop(std::move(keys), platters);
  std::mt19937 chance(7);
  for (int round = 0; round < 200; ++round) {
    auto garbled = platters;
    auto const at = 8192 + chance() % (platters.seen.size() - 8192);
    garbled.seen[at] = static_cast<char>(garbled.seen[at] ^ (1 << chance() % 8));
    bool const filling = (at - 8192) % 128 >= 68;
    auto const again = opened(garbled);
    std::size_t lost = 0;
    for (auto const& [id, key] : given) {
      auto const found = again->find(id);
      ASSERT_EQ(found ? "" : found.error().code, found ? "" : "no_such_key");
      if (found) ASSERT_EQ(*found, key);
      lost += !found;
    }
    ASSERT_LE(lost, filling ? 0u : 1u) << "at " << at;
    ASSERT_EQ(again->garbled(), filling ? 0u : 1u) << "at " << at;
  }
}

TEST(KeyFile, OneCopyOfTheHeaderIsEnoughAndWithoutBothItIsRefused) {
  Platters platters;
  auto keys = opened(platters);
  std::set<KeyId> given;
  for (int i = 0; i < 300; ++i) given.insert(*keys->fresh());
  drop(std::move(keys), platters);
  for (std::size_t const copy : {0u, 4096u}) {
    auto garbled = platters;
    garbled.seen[copy + 20] ^= 1;
    auto const again = opened(garbled);
    EXPECT_FALSE(given.contains(*again->fresh()));
    EXPECT_TRUE(again->find(*given.begin()));
  }
  auto garbled = platters;
  garbled.seen.replace(0, 8192, 8192, '\0');
  auto const before = garbled.seen;
  auto const refused = KeyFile::open(std::make_unique<FragileDisk>(garbled), "keys", kMaster);
  EXPECT_EQ(refused.error().code, "wrong_master_key");
  EXPECT_EQ(garbled.seen, before);
}

TEST(KeyFile, AFileCutOffAnywhereKeepsWhatIsLeft) {
  Platters platters;
  auto keys = opened(platters);
  std::map<KeyId, Key> given;
  for (int i = 0; i < 100; ++i) {
    auto const id = *keys->fresh();
    given.emplace(id, *keys->find(id));
  }
  drop(std::move(keys), platters);
  for (std::size_t size = 0; size < platters.seen.size(); size += 61) {
    auto cut = platters;
    cut.seen.resize(size);
    auto const again = opened(cut);
    for (auto const& [id, key] : given) {
      auto const slot = static_cast<std::size_t>(id & ((1 << 28) - 1));
      auto const found = again->find(id);
      ASSERT_EQ(found.has_value(), 8192 + slot * 128 + 68 <= size) << size;
      if (found) ASSERT_EQ(*found, key);
    }
    ASSERT_FALSE(given.contains(*again->fresh())) << size;
  }
}

TEST(KeyFile, AFileOfAnotherKindIsRefusedAndStaysAsItWas) {
  Folder const folder;
  auto const file = folder.file();
  for (std::size_t const size : {8u, 3000u, 8192u}) {
    std::string const notes(size, 'n');
    std::ofstream(file) << notes;
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    auto const opened = KeyFile::open(file, kMaster);
    ASSERT_FALSE(opened) << size;
    EXPECT_NE(opened.error().message.find("no file of keys"), std::string::npos) << opened.error().message;
    std::ifstream in(file);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), notes);
  }
}

TEST(KeyFile, TwoCannotHoldIt) {
  Folder const folder;
  auto const one = KeyFile::open(folder.file(), kMaster);
  ASSERT_TRUE(one);
  auto const other = KeyFile::open(folder.file(), kMaster);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("in use"), std::string::npos) << other.error().message;
}

TEST(KeyFile, WhatOthersMayReadIsRefused) {
  Folder const folder;
  ASSERT_TRUE(KeyFile::open(folder.file(), kMaster));
  struct stat made{};
  ASSERT_EQ(::stat(folder.file().c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0600u);
  for (mode_t const mode : {0640u, 0604u, 0620u, 0777u}) {
    ASSERT_EQ(::chmod(folder.file().c_str(), mode), 0);
    auto const refused = KeyFile::open(folder.file(), kMaster);
    ASSERT_FALSE(refused) << mode;
    EXPECT_NE(refused.error().message.find("chmod 600"), std::string::npos) << refused.error().message;
  }
  auto const link = folder.file().parent_path() / "link";
  ASSERT_EQ(::chmod(folder.file().c_str(), 0600), 0);
  std::filesystem::create_symlink(folder.file(), link);
  EXPECT_FALSE(KeyFile::open(link, kMaster)) << "a link";
  EXPECT_FALSE(KeyFile::open(folder.file().parent_path(), kMaster)) << "a folder";
}

namespace {

struct Told {
  KeyId id = 0;
  Key key{};
  bool destroyed = false;
};

// Tells through the pipe what it was given, and what it has had destroyed.
[[noreturn]] void live_until_killed(std::filesystem::path const& file, int pipe) {
  auto keys = KeyFile::open(file, kMaster);
  if (!keys) ::_exit(1);
  std::vector<KeyId> mine;
  for (unsigned step = 0;; ++step) {
    auto const id = (*keys)->fresh();
    if (!id) ::_exit(2);
    Told told{.id = *id, .key = (*keys)->find(*id).value()};
    if (::write(pipe, &told, sizeof told) != sizeof told) ::_exit(3);
    mine.push_back(*id);
    if (step % 3 == 0) continue;
    auto const gone = mine[step * 7 % mine.size()];
    if (!(*keys)->destroy(gone)) ::_exit(4);
    told = {.id = gone, .destroyed = true};
    if (::write(pipe, &told, sizeof told) != sizeof told) ::_exit(3);
    std::erase(mine, gone);
  }
}

}  // namespace

TEST(KeyFile, AKillAtAnyMomentLosesNothing) {
  Folder const folder;
  std::map<KeyId, Key> given;
  std::set<KeyId> ever, destroyed;
  std::mt19937 chance(11);
  for (int life = 0; life < 25; ++life) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    auto const child = ::fork();
    if (child == 0) live_until_killed(folder.file(), ends[1]);
    ::close(ends[1]);
    auto const kill_after = 1 + chance() % 300;
    Told told;
    for (std::size_t count = 0; ::read(ends[0], &told, sizeof told) == sizeof told;) {
      if (told.destroyed) {
        destroyed.insert(told.id);
        given.erase(told.id);
      } else {
        ASSERT_TRUE(ever.insert(told.id).second) << "given twice";
        given.emplace(told.id, told.key);
      }
      if (++count == kill_after) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    auto const keys = KeyFile::open(folder.file(), kMaster);
    ASSERT_TRUE(keys) << keys.error().message;
    std::size_t missing = 0;
    for (auto const& [id, key] : given) {
      auto const found = (*keys)->find(id);
      if (found) ASSERT_EQ(*found, key);
      missing += !found;
    }
    ASSERT_LE(missing, 1u) << "only one may have been on its way out";
    std::erase_if(given, [&](auto const& one) { return !(*keys)->find(one.first); });
    for (auto const id : destroyed) ASSERT_FALSE((*keys)->find(id));
  }
  EXPECT_GT(destroyed.size(), 100u);
}

}  // namespace sotto
