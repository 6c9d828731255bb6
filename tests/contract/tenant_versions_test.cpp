// What every TenantVersions must do (ports/tenant_versions.h), on the one adapter there is.
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/sqlite/sqlite_versions.h"
#include "base/check.h"

namespace sotto {

namespace {

namespace fs = std::filesystem;
using Files = std::vector<VersionFile>;
using Names = std::vector<std::string>;

class TenantVersionsTest : public testing::Test {
 protected:
  TenantVersionsTest() {
    std::string pattern = (fs::temp_directory_path() / "sotto-versions-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    folder = pattern;
    reopen();
  }
  ~TenantVersionsTest() override {
    versions.reset();
    fs::remove_all(folder);
  }
  void reopen(VersionBounds bounds = {}) {
    versions.reset();
    auto opened = sqlite::SqliteVersions::open(folder / "versions.db", bounds);
    CHECK(opened);
    versions = std::move(*opened);
  }
  std::int64_t keep(Files const& files, std::string const& tenant = "acme") {
    auto const kept = versions->keep(tenant, "d" + std::to_string(++at), "ann", Time(Duration(at)), files);
    EXPECT_TRUE(kept) << kept.error().message;
    return kept.value_or(0);
  }
  std::vector<std::int64_t> numbers(std::string const& tenant = "acme") {
    std::vector<std::int64_t> out;
    for (auto const& one : versions->list(tenant).value()) out.push_back(one.number);
    return out;
  }
  std::string bytes(std::int64_t number, std::string const& path) {
    auto const files = versions->files("acme", number);
    EXPECT_TRUE(files) << files.error().message;
    for (auto const& file : files.value_or(Files{})) {
      if (file.path == path) return file.bytes;
    }
    return "";
  }

  fs::path folder;
  std::unique_ptr<sqlite::SqliteVersions> versions;
  std::int64_t at = 0;
};

}  // namespace

TEST_F(TenantVersionsTest, EveryVersionIsThereWithWhatChangedAlsoAfterARestart) {
  std::string const binary("\0\xff\x00z", 4);
  EXPECT_EQ(keep({{"policies/a.yaml", "one"}, {"knowledge/f.pdf", binary}, {"knowledge/old.md", "x"}}), 1);
  EXPECT_EQ(keep({{"policies/a.yaml", "two"}, {"knowledge/f.pdf", binary}, {"policies/b.yaml", ""}}), 2);
  EXPECT_EQ(keep({{"policies/a.yaml", "theirs"}}, "other"), 1) << "each tenant counts its own";
  for (int again = 0; again < 2; ++again) {
    auto const all = versions->list("acme").value();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].number, 2);
    EXPECT_EQ(all[0].digest, "d2");
    EXPECT_EQ(all[0].who, "ann");
    EXPECT_EQ(all[0].at, Time(Duration(2)));
    EXPECT_EQ(all[0].files, 3u);
    EXPECT_EQ(all[0].added, Names{"policies/b.yaml"});
    EXPECT_EQ(all[0].changed, Names{"policies/a.yaml"});
    EXPECT_EQ(all[0].removed, Names{"knowledge/old.md"});
    EXPECT_EQ(all[1].added.size(), 3u);
    EXPECT_EQ(bytes(1, "policies/a.yaml"), "one");
    EXPECT_EQ(bytes(2, "policies/a.yaml"), "two");
    EXPECT_EQ(bytes(2, "knowledge/f.pdf"), binary);
    reopen();
  }
  EXPECT_EQ(versions->files("acme", 3).error().code, "no_such_version");
  EXPECT_EQ(versions->files("none", 1).error().code, "no_such_version");
  EXPECT_TRUE(versions->list("none")->empty());
}

TEST_F(TenantVersionsTest, TheSameFilesAreNoNewVersion) {
  EXPECT_EQ(keep({{"b", "2"}, {"a", "1"}}), 1);
  EXPECT_EQ(keep({{"a", "1"}, {"b", "2"}}), 1);
  EXPECT_EQ(keep({{"a", "1"}}), 2);
  EXPECT_EQ(keep({{"a", "1"}, {"b", "2"}}), 3) << "what comes back is a version again";
  EXPECT_EQ(numbers(), (std::vector<std::int64_t>{3, 2, 1}));
}

TEST_F(TenantVersionsTest, ATenantWithoutFilesIsNoneThatIsInForce) {
  keep({{"a", "1"}});
  keep({{"a", "1"}}, "gone");
  keep({}, "gone");
  EXPECT_EQ(versions->tenants().value(), Names{"acme"});
}

TEST_F(TenantVersionsTest, TheOldestGoBeyondTheBoundsAndTheNewestNever) {
  reopen({.versions = 3, .bytes = 1u << 30});
  for (auto const* text : {"1", "2", "3", "4", "5"}) keep({{"a", text}, {"same", "x"}});
  EXPECT_EQ(numbers(), (std::vector<std::int64_t>{5, 4, 3}));
  EXPECT_EQ(bytes(3, "same"), "x") << "what others still hold stays";
  EXPECT_EQ(versions->files("acme", 2).error().code, "no_such_version");
  reopen({.versions = 100, .bytes = 25});
  keep({{"a", std::string(10, 'a')}});
  keep({{"a", std::string(10, 'b')}});
  keep({{"a", std::string(10, 'c')}});
  EXPECT_EQ(numbers(), (std::vector<std::int64_t>{8, 7}));
  keep({{"a", std::string(100, 'd')}});
  EXPECT_EQ(numbers(), (std::vector<std::int64_t>{9})) << "too large alone: it is kept all the same";
}

TEST_F(TenantVersionsTest, ItIsForItsUserAloneAndDamageIsNoticed) {
  keep({{"a", "1"}});
  struct stat made{};
  ASSERT_EQ(::stat((folder / "versions.db").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0600u);
  versions.reset();
  {
    auto database = sqlite::Database::open(folder / "versions.db", false);
    ASSERT_TRUE((*database)->execute("UPDATE contents SET packed = x'00'"));
  }
  reopen();
  EXPECT_EQ(versions->files("acme", 1).error().code, "damaged");
  EXPECT_EQ(sqlite::SqliteVersions::open_to_read(folder / "none.db").error().code, "no_versions");
}

}  // namespace sotto
