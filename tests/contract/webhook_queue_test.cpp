// The port WebhookQueue (ports/webhook_queue.h) as SQLite keeps it.
#include <filesystem>

#include <gtest/gtest.h>

#include "adapters/sqlite/sqlite_store.h"
#include "base/check.h"
#include "support/manual_executor.h"

namespace sotto {
namespace {

class WebhookQueueTest : public testing::Test {
 protected:
  WebhookQueueTest() { reopen(); }
  ~WebhookQueueTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void reopen() {
    store_.reset();
    auto opened = sqlite::SqliteStore::open(folder_, executor_);
    CHECK(opened);
    store_ = std::move(*opened);
  }
  static Event request(std::int64_t number, std::string const& webhook) {
    return {.call = "c1",
            .tenant = "demo",
            .number = number,
            .type = event_type::webhook_requested,
            .time = Time(Duration(number)),
            .data = {{"id", std::to_string(number)}, {"webhook", webhook}}};
  }
  void commit(std::vector<Event> events) {
    bool done = false;
    StoreBatch batch{.call = "c1", .opened = std::nullopt, .events = std::move(events), .tracks = {}};
    if (batch.events.front().number == 1)
      batch.opened = CallInfo{.id = "c1", .tenant = "demo", .tracks = {Track::customer}, .format = {}};
    store_->commit(std::move(batch), [&](Result<void> result) { done = result.has_value(); });
    executor_.run_until([&] { return done; }, std::chrono::seconds(5));
    ASSERT_TRUE(done);
  }
  // Numbers of the pending requests.
  std::vector<std::int64_t> pending(std::string const& name, std::int64_t after = 0, int limit = 100) {
    auto const found = store_->pending(name, after, limit);
    CHECK(found);
    std::vector<std::int64_t> out;
    for (auto const& one : *found) out.push_back(one.event.number);
    return out;
  }
  using Numbers = std::vector<std::int64_t>;

  ManualExecutor executor_;
  std::filesystem::path const folder_ = [] {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-queue-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    return pattern;
  }();
  std::unique_ptr<sqlite::SqliteStore> store_;
};

TEST_F(WebhookQueueTest, WhatIsStoredIsPendingUntilItIsSettled) {
  commit({request(1, "crm"), request(2, "pager"), request(3, "crm")});
  EXPECT_EQ(pending("crm"), (Numbers{1, 3}));
  EXPECT_EQ(pending("crm", 0, 1), Numbers{1});
  auto const first = store_->pending("crm", 0, 1)->at(0);
  EXPECT_EQ(first.event.time, Time(Duration(1)));
  EXPECT_EQ(pending("crm", first.sequence), Numbers{3});
  EXPECT_EQ(store_->pending_counts()->at("crm"), 2);
  store_->settle(first.sequence, WebhookOutcome::delivered);
  store_->settle(first.sequence, WebhookOutcome::given_up);
  reopen();
  EXPECT_EQ(pending("crm"), Numbers{3});
  EXPECT_EQ(pending("pager"), Numbers{2});
}

TEST_F(WebhookQueueTest, TheSameBatchAgainRequestsNothingAgain) {
  commit({request(1, "crm")});
  store_->settle(store_->pending("crm", 0, 1)->at(0).sequence, WebhookOutcome::delivered);
  commit({request(1, "crm")});
  EXPECT_TRUE(pending("crm").empty());
  EXPECT_TRUE(store_->pending_counts()->empty());
}

}  // namespace
}  // namespace sotto
