#include "library/library.h"

#include <gtest/gtest.h>

#include <fstream>

#include "adapters/sqlite/sqlite_versions.h"
#include "base/check.h"
#include "support/manual_executor.h"
#include "support/scripted_shard.h"

namespace sotto::app {
namespace {

namespace fs = std::filesystem;

struct LibraryTest : testing::Test {
  LibraryTest() {
    std::string pattern = (fs::temp_directory_path() / "sotto-library-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    folder = pattern;
    fs::create_directories(folder / "p/acme");
    fs::create_directories(folder / "k/acme");
    write("p/acme/service.yaml", "- { id: one, when: { phrase: hello }, then: { tag: greeted } }\n");
    write("k/acme/fees.md", "# Fees\n\n## Moving\n\nMoving costs 25 pounds.\n");
  }
  ~LibraryTest() override {
    library.reset();
    fs::remove_all(folder);
  }
  void write(std::string const& file, std::string const& text) { std::ofstream(folder / file) << text; }
  void open() { library = std::make_unique<Library>(folder / "p", folder / "k", shard, executor, clock); }
  // As a start of the server does.
  void open_with_versions() {
    library.reset();
    versions.reset();
    versions = sqlite::SqliteVersions::open(folder / "versions.db").value();
    open();
    library->use_versions(*versions, folder / "scratch");
    poll();
    poll();  // what came into force is kept before files are looked at again
  }
  // Polls and waits until nothing is under way that the shard does not hold up.
  void poll() {
    library->poll();
    executor.run_until([&] { return library->settled() || (shard.held && shard.waiting()); });
  }
  std::size_t rules() { return library->policies("acme", "", "")->rules.size(); }
  std::size_t passages() {
    auto const knowledge = library->knowledge("acme");
    return knowledge ? knowledge->size() : 0;
  }

  fs::path folder;
  SystemClock clock;
  ManualExecutor executor;
  ScriptedShard shard{executor, clock};
  std::unique_ptr<sqlite::SqliteVersions> versions;
  std::unique_ptr<Library> library;
};

TEST_F(LibraryTest, WhatIsReadComesIntoForce) {
  open();
  poll();
  EXPECT_EQ(rules(), 1u);
  EXPECT_EQ(passages(), 1u);
  EXPECT_TRUE(library->problems().empty());
}

TEST_F(LibraryTest, ATenantsRecognisersExpectItsKeytermsAndTheNamesInItsArticles) {
  write("p/acme/terms.yaml", "- keyterms: [ Blue Fox ]\n");
  write("k/acme/plans.md", "# Plans\n\n## Ours\n\nYou may have Zephyrion in July.\n");
  write("words.txt", "moving\njuly\nfees\nours\nplans\nyou\nmay\n");
  open();
  library->use_word_list(folder / "words.txt");
  poll();
  ASSERT_TRUE(library->keyterms("acme"));
  EXPECT_EQ(*library->keyterms("acme"), (std::vector<std::string>{"Blue Fox", "Zephyrion"}));
  EXPECT_EQ(library->keyterms("nobody"), nullptr);
  write("p/acme/terms.yaml", "- keyterms: [ Red Fox ]\n\n");
  poll();
  EXPECT_EQ(library->keyterms("acme")->front(), "Red Fox");
}

TEST_F(LibraryTest, WithoutAListOfWordsNoNameIsTakenFromArticles) {
  write("k/acme/plans.md", "# Plans\n\n## Ours\n\nYou may have Zephyrion in July.\n");
  open();
  poll();
  EXPECT_TRUE(library->keyterms("acme")->empty());
}

TEST_F(LibraryTest, MoreKeytermsThanARecogniserTakesAreAProblem) {
  std::string many = "- keyterms: [ a0";
  for (int i = 1; i <= 100; ++i) many += ", a" + std::to_string(i);
  write("p/acme/terms.yaml", many + " ]\n");
  open();
  poll();
  ASSERT_EQ(library->problems().size(), 1u);
  EXPECT_NE(library->problems()[0].reason.find("101 keyterms"), std::string::npos);
}

TEST_F(LibraryTest, AFolderWithoutRulesAndArticlesIsNoTenantInForce) {
  fs::remove_all(folder / "p/acme");
  fs::remove_all(folder / "k/acme");
  fs::create_directories(folder / "p/__cache__");
  write("p/__cache__/module.bin", "x");
  open();
  poll();
  EXPECT_TRUE(library->empty());
  fs::create_directories(folder / "k/acme");
  write("k/acme/fees.md", "# Fees\n\n## Moving\n\nMoving costs 25 pounds.\n");
  poll();
  poll();
  EXPECT_FALSE(library->empty());
}

TEST_F(LibraryTest, ADeletedArticleStaysDeletedThoughItsVersionWasStillLoading) {
  open();
  poll();
  write("k/acme/wrong.md", "# Wrong\n\n## The fee\n\nThe fee is 36 pounds.\n");
  shard.held = true;
  poll();  // its sentences wait for their vectors
  ASSERT_EQ(passages(), 1u);
  fs::remove(folder / "k/acme/wrong.md");
  library->poll();
  executor.run_until([&] { return passages() == 1u; }, std::chrono::seconds(1));
  shard.held = false;
  shard.release();
  executor.run_until([&] { return library->settled(); });
  poll();
  EXPECT_EQ(passages(), 1u);
  EXPECT_FALSE(library->knowledge("acme")->find("wrong.md"));
}

TEST_F(LibraryTest, AFolderThatCannotBeReadTakesNothingOutOfForce) {
  open();
  poll();
  fs::rename(folder / "p", folder / "p-gone");
  poll();
  EXPECT_EQ(rules(), 1u);
  ASSERT_FALSE(library->problems().empty());
  fs::rename(folder / "p-gone", folder / "p");
  poll();
  EXPECT_TRUE(library->problems().empty());
  EXPECT_EQ(rules(), 1u);
  fs::remove_all(folder / "p/acme");  // that is another matter: somebody took the tenant away
  poll();
  EXPECT_EQ(rules(), 0u);
}

TEST_F(LibraryTest, FoldersThatComeAndGoMeanwhileEndNothing) {
  open();
  poll();
  std::jthread const churn([&](std::stop_token stop) {
    std::error_code ignored;
    for (int i = 0; !stop.stop_requested(); ++i) {
      fs::create_directories(folder / "p/acme/team" / std::to_string(i % 7), ignored);
      fs::remove_all(folder / "p/acme/team", ignored);
    }
  });
  for (int i = 0; i < 50; ++i) {
    write("p/acme/service.yaml",
          "- { id: one" + std::to_string(i) + ", when: { phrase: hello }, then: { tag: greeted } }\n");
    poll();
  }
  EXPECT_EQ(rules(), 1u);
}

TEST_F(LibraryTest, TeamsThatASourceMakesUpCostNothing) {
  fs::create_directories(folder / "p/acme/billing");
  write("p/acme/billing/own.yaml", "- { id: two, when: { phrase: bye }, then: { tag: left } }\n");
  open();
  poll();
  auto const common = library->policies("acme", "", "");
  EXPECT_EQ(library->policies("acme", "made-up", "x"), common);
  auto const billing = library->policies("acme", "billing", "mara");
  EXPECT_EQ(billing->rules.size(), 2u);
  EXPECT_EQ(library->policies("acme", "billing", "tom"), billing);
}

// --- versions that are kept ---

constexpr char const* kBroken = "- { id: one, when: { nonsense: 1 } }\n";

TEST_F(LibraryTest, AStartWithWrongFilesHasTheLastGoodVersionUntilTheyAreRight) {
  open_with_versions();
  EXPECT_EQ(rules(), 1u);
  write("p/acme/more.yaml", "- { id: two, when: { phrase: bye }, then: { tag: gone } }\n");
  poll();
  ASSERT_EQ(rules(), 2u);
  auto const version = library->policies("acme", "", "")->version;
  library.reset();  // its thread has kept what came into force
  write("p/acme/service.yaml", kBroken);
  open_with_versions();
  EXPECT_EQ(rules(), 2u);
  EXPECT_EQ(passages(), 1u);
  EXPECT_EQ(library->policies("acme", "", "")->version, version) << "the same files, the same version";
  EXPECT_EQ(library->wrong_tenants(), 1u);
  ASSERT_FALSE(library->problems().empty()) << "what is wrong is told all the same";
  EXPECT_EQ(library->problems()[0].file, (folder / "p/acme/service.yaml").string());
  EXPECT_EQ(library->earlier().at("acme").number, 2);
  EXPECT_FALSE(fs::exists(folder / "scratch"));
  write("p/acme/service.yaml", "- { id: one, when: { phrase: hi there }, then: { tag: greeted } }\n");
  poll();
  EXPECT_EQ(library->wrong_tenants(), 0u);
  EXPECT_TRUE(library->earlier().empty());
  library.reset();
  auto const kept = versions->list("acme").value();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].changed, std::vector<std::string>{"policies/service.yaml"});
  EXPECT_NE(kept[0].who, "-");
}

TEST_F(LibraryTest, WhatIsKeptAndNotGoodAnyMoreGivesWayToTheVersionBefore) {
  open_with_versions();
  library.reset();
  // Of a program that took it.
  ASSERT_TRUE(versions->keep("acme", "d", "-", clock.now(), {{"policies/service.yaml", kBroken}}));
  write("p/acme/service.yaml", kBroken);
  open_with_versions();
  EXPECT_EQ(rules(), 1u);
  EXPECT_EQ(library->earlier().at("acme").number, 1);
}

TEST_F(LibraryTest, AFolderOfAllTenantsThatIsGoneTakesNothingOutOfForce) {
  open_with_versions();
  library.reset();
  fs::rename(folder / "p", folder / "away");
  open_with_versions();
  EXPECT_EQ(rules(), 1u);
  EXPECT_FALSE(library->problems().empty());
  fs::rename(folder / "away", folder / "p");
  poll();
  EXPECT_EQ(rules(), 1u);
  EXPECT_TRUE(library->earlier().empty());
}

TEST_F(LibraryTest, ATenantThatWasRemovedStaysRemoved) {
  open_with_versions();
  fs::remove_all(folder / "p/acme");
  fs::remove_all(folder / "k/acme");
  poll();
  EXPECT_EQ(rules(), 0u);
  open_with_versions();
  EXPECT_EQ(rules(), 0u);
  EXPECT_TRUE(library->empty());
}

}  // namespace
}  // namespace sotto::app
