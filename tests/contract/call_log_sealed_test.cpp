// What was said stands in no file in the clear, and what was taken back in none at all: words are looked for byte by
// byte in everything that the store's folder holds, also after a kill in the middle of taking them back.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <random>

#include <boost/json/serialize.hpp>

#include "adapters/sqlite/schema.sql.h"
#include "contract/call_log_contract.h"
#include "contract/sqlite_log_fixture.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(fs::path const& folder) {
  std::string out;
  for (auto const& entry : fs::recursive_directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    if (entry.is_regular_file()) out.append(std::istreambuf_iterator(in), std::istreambuf_iterator<char>());
  }
  return out;
}

// Every word that is looked for has this in it.
constexpr std::string_view kMark = "-xyzzy";

// How many of the words stand in a file of the folder.
std::size_t hits(fs::path const& folder, std::vector<std::string> const& words) {
  auto const bytes = bytes_of(folder);
  std::string around;
  for (auto at = bytes.find(kMark); at != std::string::npos; at = bytes.find(kMark, at + 1)) {
    auto const from = at - std::min<std::size_t>(at, 20);
    around += bytes.substr(from, at + kMark.size() - from) + "\n";
  }
  return static_cast<std::size_t>(
      std::ranges::count_if(words, [&](std::string const& word) { return around.contains(word); }));
}

std::string canary(int call, int number) { return fmt::format("canary-{:03}-{:03}-xyzzy", call, number); }

// A log in a folder, over the disk of the machine, as a process of its own would have it.
struct Store {
  Store(fs::path const& folder, Key const& master) {
    auto opened_keys = KeyFile::open(folder / "keys", master);
    CHECK(opened_keys);
    keys = std::move(*opened_keys);
    auto opened = sqlite::SqliteLog::open(folder, executor, clock, *keys);
    CHECK(opened);
    log = std::move(*opened);
  }
  template <typename T, typename Ask>
  Result<T> ask(Ask request) {
    std::optional<Result<T>> answer;
    request(Then<T>([&](Result<T> result) { answer = std::move(result); }));
    executor.run_until([&] { return answer.has_value(); });
    return *answer;
  }
  Result<std::int64_t> redact(int call, int number) {
    return ask<std::int64_t>([&](auto then) {
      log->redact(fmt::format("c{}", call), {{number, UtteranceFinal{{.text = "[hidden]"}}}}, then);
    });
  }
  // What event `number` of each call says; an empty vector: it was erased.
  std::vector<std::string> texts(int call) {
    auto const events =
        ask<std::vector<Event>>([&](auto then) { log->read(fmt::format("c{}", call), 0, 100'000, then); });
    std::vector<std::string> out;
    if (!events) EXPECT_EQ(events.error().code, "erased");
    for (auto const& event : events.value_or(std::vector<Event>{})) {
      if (words_of(event)) out.push_back(words_of(event)->text);
    }
    return out;
  }

  ManualClock clock;
  ManualExecutor executor;
  std::unique_ptr<KeyFile> keys;
  std::unique_ptr<sqlite::SqliteLog> log;
};

class Sealed : public testing::Test {
 protected:
  static constexpr int kCalls = 20, kEvents = 50;  // a thousand words

  Sealed() {
    std::string pattern = (fs::temp_directory_path() / "sotto-sealed-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    folder = pattern;
  }
  ~Sealed() override { fs::remove_all(folder); }

  static CallInfo info(int call) {
    return {.id = fmt::format("c{}", call),
            .tenant = "demo",
            .tracks = {Track::customer},
            .format = {},
            .metadata = {{"name", fmt::format("metadata-{:03}-xyzzy", call)}},
            .started = Time(Duration(call))};
  }
  void write_all(Store& store) {
    for (int call = 0; call < kCalls; ++call) {
      Append batch{.lease = {info(call).id, Part::speech, 1}, .opening = Opening{info(call), "d", "w"}};
      for (int number = 1; number <= kEvents; ++number)
        batch.events.push_back({.body = UtteranceFinal{{.text = canary(call, number)}}});
      ASSERT_TRUE(store.ask<std::int64_t>([&](auto then) { store.log->append(batch, then); }));
    }
    auto const claimed =
        store.ask<std::vector<Claimed>>([&](auto then) { store.log->claim(Part::guidance, "w", 1000, then); });
    ASSERT_TRUE(claimed);
    for (auto const& one : *claimed) {
      Append batch{.lease = one.lease, .consumed = 1, .snapshot = "snapshot-xyzzy of " + one.info.id};
      ASSERT_TRUE(store.ask<std::int64_t>([&](auto then) { store.log->append(batch, then); }));
    }
  }
  static std::vector<std::string> all_words() {
    std::vector<std::string> out{"snapshot-xyzzy"};
    for (int call = 0; call < kCalls; ++call) {
      out.push_back(fmt::format("metadata-{:03}-xyzzy", call));
      for (int number = 1; number <= kEvents; ++number) out.push_back(canary(call, number));
    }
    return out;
  }

  fs::path folder;
  Key const master = random_key();
};

TEST_F(Sealed, NoWordIsInTheClearWhileTheStoreIsOpenOrAfterwards) {
  {
    Store store(folder, master);
    write_all(store);
    EXPECT_EQ(hits(folder, all_words()), 0u);
    EXPECT_TRUE(bytes_of(folder).contains("demo")) << "the files are read";
    for (int call = 0; call < kCalls; ++call) EXPECT_EQ(store.texts(call).size(), std::size_t{kEvents});
  }
  EXPECT_EQ(hits(folder, all_words()), 0u);
}

// Keys and files of before are of no use: with the master key of today and a copy of the database of before, what was
// taken back stays unreadable, and what was kept can be read.
TEST_F(Sealed, WhatWasTakenBackIsUnreadableInACopyOfBefore) {
  auto const copy = folder / "copy";
  fs::create_directory(folder / "store");
  {
    Store store(folder / "store", master);
    write_all(store);
    fs::create_directory(copy);
    for (auto const* file : {"sotto.db", "sotto.db-wal"}) fs::copy_file(folder / "store" / file, copy / file);
    ASSERT_TRUE(store.redact(3, 7));
    ASSERT_TRUE(store.ask<void>([&](auto then) { store.log->erase("c4", then); }));
  }
  fs::copy_file(folder / "store/keys", copy / "keys");
  Store before(copy, master);
  for (int call = 0; call < kCalls; ++call) {
    auto const read =
        before.ask<std::vector<Event>>([&](auto then) { before.log->read(fmt::format("c{}", call), 0, 1000, then); });
    EXPECT_EQ(read.has_value(), call != 3 && call != 4);
    if (!read) EXPECT_EQ(read.error().code, "damaged");
  }
}

// Calls 0 to 4 are redacted word by word, calls 5 to 9 erased, by a child that is killed at some moment.
TEST_F(Sealed, AfterAKillWhatWasAnsweredAsTakenBackIsGoneAndTheRestCanBeRead) {
  {
    Store store(folder, master);
    write_all(store);
  }
  std::mt19937 random(14);
  int killed = 0, done = 0;
  for (int round = 0; round < 60 && done < 255; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    auto const child = fork();
    if (child == 0) {
      ::close(pipe_ends[0]);
      Store store(folder, master);
      for (; done < 255; ++done) {
        bool const taken =
            done < 250 ? store.redact(done / kEvents, done % kEvents + 1).has_value()
                       : store.ask<void>([&](auto then) { store.log->erase(fmt::format("c{}", done - 245), then); })
                             .has_value();
        CHECK(taken);
        if (::write(pipe_ends[1], "x", 1) != 1) _exit(1);
      }
      _exit(0);
    }
    ::close(pipe_ends[1]);
    // Some answers, and then a moment more.
    auto const after = static_cast<int>(random() % 16);
    char answer;
    for (int i = 0; i < after && ::read(pipe_ends[0], &answer, 1) == 1; ++i) ++done;
    ::usleep(static_cast<useconds_t>(random() % 3000));
    ::kill(child, SIGKILL);
    while (::read(pipe_ends[0], &answer, 1) == 1) ++done;
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status);
    ::close(pipe_ends[0]);
  }
  EXPECT_GT(killed, 10);
  ASSERT_EQ(done, 255) << "in as many rounds";
  Store store(folder, master);
  EXPECT_EQ(hits(folder, all_words()), 0u);
  std::size_t kept = 0, taken_back = 0;
  for (int call = 0; call < kCalls; ++call) {
    auto const texts = store.texts(call);
    for (int number = 1; number <= kEvents; ++number) {
      bool const there = std::ranges::find(texts, canary(call, number)) != texts.end();
      (there ? kept : taken_back) += 1;
      EXPECT_EQ(there, call >= 10) << call << " " << number;
    }
  }
  EXPECT_EQ(kept, 500u);
  EXPECT_EQ(taken_back, 500u);
  EXPECT_EQ(store.keys->all()->size(), 15u) << "one a call that has words";
}

// A store of an earlier version, in the clear, is sealed by the next start, also when that is killed.
class SealedLater : public Sealed {
 protected:
  void write_in_the_clear() {
    auto database = sqlite::Database::open(folder / "sotto.db", false);
    CHECK(database);
    for (int i = 0; i < 3; ++i) CHECK((*database)->execute(sqlite::kMigrations[i]));
    sqlite::Statement call(
        (*database)->handle(),
        "INSERT INTO calls(id, tenant, started_us, info, resume_digest) VALUES(?1, 'demo', 1, ?2, 'd')");
    sqlite::Statement event((*database)->handle(),
                            "INSERT INTO events VALUES(?1, ?2, 'sotto.utterance.final', 0, ?3, -1)");
    for (int i = 0; i < kCalls; ++i) {
      CHECK(call.bind(1, info(i).id).bind(2, boost::json::serialize(to_json(info(i)))).run());
      for (int number = 1; number <= kEvents; ++number) {
        Event const said{.call = info(i).id,
                         .tenant = "demo",
                         .number = number,
                         .time = {},
                         .body = UtteranceFinal{{.text = canary(i, number)}}};
        event.bind(1, said.call).bind(2, said.number);
        CHECK(event.bind(3, boost::json::serialize(to_cloud_event(said))).run());
      }
    }
    CHECK((*database)->execute("PRAGMA user_version = 3"));
  }
  int clear_calls() {
    auto const database = sqlite::Database::open(folder / "sotto.db", false);
    CHECK(database);
    sqlite::Statement left((*database)->handle(), "SELECT count(*) FROM calls WHERE key = 0");
    auto const found = left.step();
    return found && *found ? static_cast<int>(left.integer(0)) : kCalls;  // it has no such column yet
  }
};

TEST_F(SealedLater, NothingOfItIsLeftInTheClear) {
  write_in_the_clear();
  auto words = all_words();
  words.erase(words.begin());  // there were no snapshots
  EXPECT_EQ(hits(folder, words), words.size()) << "the search finds what stands there";
  Store store(folder, master);
  EXPECT_EQ(hits(folder, words), 0u);
  for (int call = 0; call < kCalls; ++call) EXPECT_EQ(store.texts(call).size(), std::size_t{kEvents});
}

TEST_F(SealedLater, AStartThatIsKilledIsGoneOnWith) {
  std::mt19937 random(14);
  auto const words = all_words();
  std::int64_t delay_us = 20'000;  // finds its way to the middle of a start on this machine
  int killed_within = 0;
  for (int round = 0; round < 60 && killed_within < 3; ++round) {
    fs::remove_all(folder);
    fs::create_directory(folder);
    write_in_the_clear();
    auto const child = fork();
    if (child == 0) {
      Store store(folder, master);
      _exit(0);
    }
    ::usleep(static_cast<useconds_t>(delay_us + static_cast<std::int64_t>(random()) % (delay_us / 2)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    bool const before = clear_calls() == kCalls, after = hits(folder, words) == 0;
    killed_within += !before && !after;
    delay_us = before ? delay_us * 5 / 4 : after ? delay_us * 3 / 4 : delay_us;
    Store store(folder, master);
    EXPECT_EQ(hits(folder, words), 0u);
    for (int call = 0; call < kCalls; ++call) EXPECT_EQ(store.texts(call).size(), std::size_t{kEvents});
  }
  EXPECT_EQ(killed_within, 3);
}

}  // namespace
}  // namespace sotto
