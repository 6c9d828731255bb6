#include "library/library.h"

#include <gtest/gtest.h>

#include <fstream>

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
  std::unique_ptr<Library> library;
};

TEST_F(LibraryTest, WhatIsReadComesIntoForce) {
  open();
  poll();
  EXPECT_EQ(rules(), 1u);
  EXPECT_EQ(passages(), 1u);
  EXPECT_TRUE(library->problems().empty());
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

}  // namespace
}  // namespace sotto::app
