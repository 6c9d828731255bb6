// The store's contract against SQLite and the scripted one.
#include <filesystem>

#include "adapters/sqlite/sqlite_store.h"
#include "contract/call_store_contract.h"
#include "support/manual_executor.h"
#include "base/check.h"
#include "support/scripted_store.h"

namespace sotto {

class ScriptedStoreFixture {
 public:
  CallStore& store() { return store_; }
  void settle() { executor_.run_all(); }
  void reopen() {}

 private:
  ManualExecutor executor_;
  ScriptedStore store_{executor_};
};

class SqliteStoreFixture {
 public:
  SqliteStoreFixture() { open(); }
  ~SqliteStoreFixture() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  CallStore& store() { return *store_; }
  void settle() {
    executor_.run_until([runs = 0]() mutable { return runs++ > 0; }, std::chrono::seconds(5));
  }
  void reopen() {
    store_.reset();
    open();
  }

 private:
  void open() {
    auto opened = sqlite::SqliteStore::open(folder_, executor_);
    CHECK(opened);
    store_ = std::move(*opened);
  }
  static std::string temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-store-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    return pattern;
  }
  ManualExecutor executor_;
  std::filesystem::path const folder_ = temporary_folder();
  std::unique_ptr<sqlite::SqliteStore> store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Scripted, CallStoreContract, ScriptedStoreFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, CallStoreContract, SqliteStoreFixture);

TEST(SqliteStore, OneProcessAFolder) {
  ManualExecutor executor;
  auto const folder = std::filesystem::temp_directory_path() / "sotto-one-process";
  auto const first = sqlite::SqliteStore::open(folder, executor);
  ASSERT_TRUE(first);
  EXPECT_EQ(sqlite::SqliteStore::open(folder, executor).error().code, "store_in_use");
  std::filesystem::remove_all(folder);
}

}  // namespace sotto
