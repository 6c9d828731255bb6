// SqliteLog in a folder of its own, over a disk that fails when it is told to.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "adapters/key_file/key_file.h"
#include "adapters/sqlite/sqlite_log.h"
#include "base/check.h"
#include "contract/failing_disk.h"
#include "support/manual_clock.h"
#include "support/manual_executor.h"

namespace sotto {

class SqliteLogFixture {
 public:
  SqliteLogFixture() { open(); }
  ~SqliteLogFixture() {
    log_.reset();
    std::filesystem::remove_all(made_);
  }
  sqlite::SqliteLog& log() { return *log_; }
  CallIndex& index() { return *log_; }
  ManualClock& clock() { return clock_; }
  KeyFile& keys() { return *keys_; }
  Key const& master() const { return master_; }
  FailingDisk& disk() { return disk_; }
  std::filesystem::path const& folder() const { return folder_; }
  template <typename Done>
  void run_until(Done done) {
    executor_.run_until(done, std::chrono::seconds(5));
  }
  void reopen() {
    log_.reset();
    open();
  }
  // Another folder.
  void reopen(std::filesystem::path folder) {
    log_.reset();
    folder_ = std::move(folder);
    open();
  }
  // As a disk that forgets would, under the open log.
  void spoil(std::string const& call, std::int64_t number) {
    change(fmt::format("UPDATE events SET body = substr(body, 1, 20) WHERE call = '{}' AND number = {}", call, number));
  }
  void change(std::string const& sql) {
    auto database = sqlite::Database::open(folder_ / "sotto.db", false);
    CHECK(database && (*database)->execute(sql.c_str()));
  }
  void hold() { disk_.hold(); }
  void let_go() { disk_.let_go(); }
  void fail_commits(int times) { disk_.fail_syncs("-wal", times); }

 private:
  void open() {
    keys_.reset();
    std::filesystem::create_directories(folder_);
    auto keys = KeyFile::open(folder_ / "keys", master_);
    CHECK(keys);
    keys_ = std::move(*keys);
    auto opened = sqlite::SqliteLog::open(folder_, executor_, clock_, *keys_);
    CHECK(opened);
    log_ = std::move(*opened);
  }
  static std::string temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-log-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    return pattern;
  }
  FailingDisk disk_;
  ManualClock clock_;
  ManualExecutor executor_;
  std::filesystem::path const made_ = temporary_folder();
  std::filesystem::path folder_ = made_;
  Key const master_ = random_key();
  std::unique_ptr<KeyFile> keys_;
  std::unique_ptr<sqlite::SqliteLog> log_;
};

}  // namespace sotto
