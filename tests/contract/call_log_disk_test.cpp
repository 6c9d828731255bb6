// A disk whose syncs fail, and a power cut at any moment (docs/adr/0011): what was answered is there, what was refused
// may be written again.
#include <random>

#include "contract/call_log_contract.h"
#include "contract/sqlite_log_fixture.h"

namespace sotto {
namespace {

class CallLogDisk : public CallLogContract<SqliteLogFixture> {
 protected:
  // The words of the call as the next process finds them after a power cut now.
  std::vector<std::string> left() {
    auto const folder = fixture.folder() / fmt::format("left-{}", cuts_++);
    fixture.disk().copy_what_is_left(fixture.folder(), folder);
    ManualExecutor executor;
    std::filesystem::copy_file(fixture.folder() / "keys", folder / "keys");
    auto keys = KeyFile::open(folder / "keys", fixture.master());
    CHECK(keys);
    auto log = sqlite::SqliteLog::open(folder, executor, fixture.clock(), **keys);
    CHECK(log);
    std::optional<Result<std::vector<Event>>> events;
    (*log)->read("c1", 0, 100'000, [&](auto result) { events = std::move(result); });
    executor.run_until([&] { return events.has_value(); });
    std::vector<std::string> out;
    if (*events) {
      for (auto const& event : **events) out.push_back(words_of(event)->text);
    } else {
      EXPECT_EQ(events->error().code, "no_such_call");
    }
    return out;
  }

 private:
  int cuts_ = 0;
};

TEST_F(CallLogDisk, WhatWasAnsweredIsThereAfterAPowerCut) {
  ASSERT_TRUE(append(opening()));
  EXPECT_EQ(left(), (std::vector<std::string>{"started"}));
  ASSERT_TRUE(append(speech(2, {"a", "b"})));
  EXPECT_EQ(left(), (std::vector<std::string>{"started", "a", "b"}));
}

TEST_F(CallLogDisk, WhatASyncLostIsRefusedAndWrittenAnew) {
  ASSERT_TRUE(append(opening()));
  for (int i = 0; i < 2; ++i) {
    fixture.disk().fail_syncs("-wal", 1);
    auto const refused = append(speech(2, {"a"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "store_failed");
    EXPECT_EQ(texts().size(), 1u);
  }
  EXPECT_EQ(append(speech(2, {"a"})), 2);
  EXPECT_EQ(fixture.disk().failed(), 2);
  EXPECT_EQ(left(), (std::vector<std::string>{"started", "a"}));
  EXPECT_EQ(texts(), (std::vector<std::string>{"started", "a"}));
}

// Syncs of the log and of the file fail at random, in commits and in checkpoints; the power is cut at random.
TEST_F(CallLogDisk, SyncsThatFailAtRandomLoseNothingThatWasAnswered) {
  std::mt19937 random(14);
  auto const chance = [&](int of) { return static_cast<int>(random() % static_cast<unsigned>(of)) == 0; };
  std::vector<std::string> answered{"started"};
  ASSERT_TRUE(append(opening()));
  std::int64_t batch = 2;
  int refused = 0;
  auto text = std::string("2");
  for (int round = 0; round < 400; ++round) {
    if (chance(4)) fixture.disk().fail_syncs(chance(2) ? "-wal" : ".db", 1 + static_cast<int>(random() % 3));
    auto const first = append(speech(batch, {text}));
    if (first) {
      EXPECT_EQ(*first, std::ssize(answered) + 1);
      answered.push_back(text);
      text = fmt::format("{} {}", ++batch, std::string(random() % 20'000, 'x'));
    } else {
      ASSERT_EQ(first.error().code, "store_failed");
      ++refused;
    }
    if (chance(20)) {
      // What was refused may have got through.
      auto const found = left();
      ASSERT_GE(found.size(), answered.size());
      ASSERT_LE(found.size(), answered.size() + 1);
      ASSERT_TRUE(std::equal(answered.begin(), answered.end(), found.begin()));
    }
    if (chance(12)) fixture.reopen();  // with a checkpoint
  }
  EXPECT_GT(refused, 10);
  EXPECT_GT(fixture.disk().failed(), refused) << "checkpoints failed too";
  EXPECT_EQ(texts(), answered);
  fixture.disk().fail_syncs("", 0);
  fixture.reopen();
  EXPECT_EQ(texts(), answered);
}

// Another program reads the file: a checkpoint stops half way, and counts what it has copied all the same.
class HalfACheckpoint : public CallLogDisk {
 protected:
  HalfACheckpoint() {
    EXPECT_TRUE(append(opening()));
    write(5);
    auto opened = sqlite::Database::open(fixture.folder() / "sotto.db", true);
    CHECK(opened && (*opened)->execute("BEGIN; SELECT count(*) FROM events"));
    reader_ = std::move(*opened);
  }
  // Some MiB a batch: a few make a checkpoint due.
  bool write(int batches) {
    for (int i = 0; i < batches; ++i) {
      std::vector<std::string> texts(40, fmt::format("{} {}", batch_, std::string(100'000, 'x')));
      if (!append(speech(batch_, texts))) return false;
      answered_.insert(answered_.end(), texts.begin(), texts.end());
      ++batch_;
    }
    return true;
  }
  void other_reader_ends() { reader_.reset(); }
  std::vector<std::string> answered_{"started"};

 private:
  std::int64_t batch_ = 2;
  std::unique_ptr<sqlite::Database> reader_;
};

TEST_F(HalfACheckpoint, IsSyncedSoThatALaterSyncThatFailsLosesNothing) {
  ASSERT_TRUE(write(4));
  other_reader_ends();
  fixture.disk().fail_syncs(".db", 1);
  for (int i = 0; i < 20 && fixture.disk().failed() == 0; ++i) ASSERT_TRUE(write(1));
  ASSERT_EQ(fixture.disk().failed(), 1);
  ASSERT_TRUE(write(6));
  EXPECT_TRUE(left() == answered_);
  EXPECT_TRUE(texts() == answered_);
}

TEST_F(HalfACheckpoint, ThatCannotBeSyncedStopsTheLogUntilTheNextStart) {
  fixture.disk().fail_syncs(".db", 1);
  for (int i = 0; i < 20 && write(1); ++i) {
  }
  EXPECT_EQ(fixture.disk().failed(), 1);
  EXPECT_FALSE(write(1));
  EXPECT_TRUE(left() == answered_);
  other_reader_ends();
  fixture.reopen();
  EXPECT_TRUE(texts() == answered_);
  EXPECT_TRUE(write(6));
  EXPECT_TRUE(left() == answered_);
}

}  // namespace
}  // namespace sotto
