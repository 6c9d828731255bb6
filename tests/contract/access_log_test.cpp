// The contract of AccessLog, and what each adapter adds to it.
#include <filesystem>
#include <fstream>
#include <functional>
#include <latch>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/access_chain/access_chain.h"
#include "adapters/access_file/access_file.h"
#include "adapters/postgres/access_rows.h"
#include "base/rfc3339.h"
#include "contract/postgres_server.h"

namespace sotto {
namespace {

using testing::HasSubstr;

// Runs what is posted at once, on the thread that posts it.
class AtOnce final : public Executor {
 public:
  void post(std::function<void()> task) override { task(); }
};

AccessEntry entry(std::string subject, char const* at = "2026-11-30T12:00:00Z") {
  return {.at = *parse_rfc3339(at),
          .who = {.name = "desk", .scope = {.tenant = "acme"}, .roles = {Role::agent}},
          .peer = "10.0.0.1",
          .permission = "read_calls",
          .request = "GET /v1/calls/{call}",
          .subject = std::move(subject),
          .status = 200};
}

std::vector<Result<void>> append(AccessLog& log, std::vector<AccessEntry> entries) {
  std::vector<Result<void>> out(entries.size());
  std::latch done(static_cast<std::ptrdiff_t>(entries.size()));
  for (std::size_t i = 0; i < entries.size(); ++i)
    log.append(std::move(entries[i]), [&out, &done, i](Result<void> const& written) {
      out[i] = written;
      done.count_down();
    });
  done.wait();
  return out;
}

// An adapter, with what a test does to what it has written.
class World {
 public:
  virtual ~World() = default;
  virtual std::unique_ptr<AccessLog> open() = 0;
  virtual Result<void> each(std::function<Result<void>(std::string_view)> const& line) = 0;

  std::vector<std::string> lines() {
    std::vector<std::string> out;
    auto const read = each([&](std::string_view line) -> Result<void> {
      out.emplace_back(line);
      return {};
    });
    EXPECT_TRUE(read) << read.error().message;
    return out;
  }
  Result<void> verify() {
    app::ChainCheck check;
    return each([&](std::string_view line) { return check.add(line); });
  }
  AtOnce loop;
};

class Files : public World {
 public:
  ~Files() override { std::filesystem::remove_all(folder); }
  std::unique_ptr<AccessLog> open() override { return std::move(app::AccessFile::open(folder, loop).value()); }
  Result<void> each(std::function<Result<void>(std::string_view)> const& line) override {
    return app::each_access_line(folder, line);
  }
  std::string path_template = (std::filesystem::temp_directory_path() / "sotto-access-XXXXXX").string();
  std::filesystem::path folder = ::mkdtemp(path_template.data());
};

class Rows : public World {
 public:
  Rows() : database(PostgresServer::shared().make_database()) {}
  ~Rows() override { PostgresServer::shared().drop_database(database); }
  std::unique_ptr<AccessLog> open() override {
    return std::make_unique<postgres::AccessRows>(PostgresServer::shared().address(database), loop);
  }
  Result<void> each(std::function<Result<void>(std::string_view)> const& line) override {
    auto const connection = postgres::Connection::open(PostgresServer::shared().address(database), 5s);
    return postgres::each_access_row(*connection.value(), line);
  }
  std::string database;
};

class AccessLogContract : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!GetParam()) return void(world = std::make_unique<Files>());
    if (auto const missing = PostgresServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
    world = std::make_unique<Rows>();
  }
  std::unique_ptr<World> world;
};
INSTANTIATE_TEST_SUITE_P(Adapters, AccessLogContract, testing::Values(false, true),
                         [](auto const& info) { return info.param ? "PostgreSQL" : "Files"; });

TEST_P(AccessLogContract, EntriesStandInOrderAndTheirChainHoldsOverRestarts) {
  for (auto const* const round : {"first", "second"}) {
    auto const log = world->open();
    std::vector<AccessEntry> entries;
    for (int i = 0; i < 300; ++i) entries.push_back(entry(round + std::to_string(i)));
    for (auto const& written : append(*log, entries)) EXPECT_TRUE(written);
    EXPECT_EQ(log->trouble(), "");
  }
  auto const lines = world->lines();
  ASSERT_EQ(lines.size(), 600u);
  EXPECT_TRUE(world->verify());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto const read = app::read_line(lines[i]).value();
    EXPECT_EQ(read.at.number, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(read.entry.at("subject").as_string(), (i < 300 ? "first" : "second") + std::to_string(i % 300));
  }
}

TEST_P(AccessLogContract, TwoWhoAddAtOnceMakeOneChain) {
  if (!GetParam()) GTEST_SKIP() << "one process has a folder";
  auto const one = world->open(), two = world->open();
  for (int round = 0; round < 20; ++round) {
    std::latch done(2);
    for (auto* const log : {one.get(), two.get()})
      log->append(entry("x"), [&](Result<void> const& written) {
        EXPECT_TRUE(written) << written.error().message;
        done.count_down();
      });
    done.wait();
  }
  EXPECT_EQ(world->lines().size(), 40u);
  EXPECT_TRUE(world->verify());
}

TEST_P(AccessLogContract, WhateverSomebodySentIsOneLine) {
  auto const log = world->open();
  auto hostile = entry("a\nb\x01\xff\"}{");
  hostile.detail = std::string(100'000, 'x');
  hostile.who.name = "\xc3\x28";
  for (auto const& written : append(*log, {hostile})) EXPECT_TRUE(written);
  ASSERT_EQ(world->lines().size(), 1u);
  EXPECT_LT(world->lines().front().size(), 4096u);
  EXPECT_TRUE(world->verify());
}

TEST(AccessChain, AnEntryThatIsChangedMissingOrMovedShows) {
  app::ChainEnd end;
  std::vector<std::string> lines;
  for (auto const* const subject : {"a", "b", "c", "d"}) lines.push_back(app::next_line(entry(subject), end));
  auto const verify = [](std::vector<std::string> const& all) -> std::string {
    app::ChainCheck check;
    for (auto const& line : all)
      if (auto added = check.add(line); !added) return added.error().message;
    return "";
  };
  EXPECT_EQ(verify(lines), "");
  EXPECT_EQ(verify({lines.begin() + 1, lines.end()}), "") << "older ones may be kept elsewhere";
  auto changed = lines;
  changed[1].replace(changed[1].find("desk"), 4, "disk");
  EXPECT_THAT(verify(changed), HasSubstr("entry 2 was changed"));
  auto missing = lines;
  missing.erase(missing.begin() + 1);
  EXPECT_THAT(verify(missing), HasSubstr("behind entry 1 comes entry 3"));
  // A whole chain that was made anew from one entry on.
  app::ChainEnd other;
  std::vector<std::string> forged{app::next_line(entry("z"), other), app::next_line(entry("y"), other)};
  EXPECT_THAT(verify({lines[0], forged[1], lines[2]}), HasSubstr("entry 2 does not continue"));
  EXPECT_THAT(verify({"{}"}), HasSubstr("no line of an access log"));
}

TEST(AccessFile, AMonthIsAFileAndALineThatIsNotWholeIsCutOff) {
  Files world;
  append(*world.open(), {entry("november")});
  append(*world.open(), {entry("december", "2026-12-01T00:00:00Z"), entry("the clock was set back")});
  EXPECT_TRUE(std::filesystem::exists(world.folder / "2026-11.jsonl"));
  ASSERT_TRUE(std::filesystem::exists(world.folder / "2026-12.jsonl"));
  std::ofstream(world.folder / "2026-12.jsonl", std::ios::app) << R"({"n":4,"at":"20)";
  EXPECT_EQ(world.lines().size(), 3u) << "it counts once it is whole";
  append(*world.open(), {entry("after", "2026-12-02T00:00:00Z")});
  EXPECT_EQ(world.lines().size(), 4u);
  EXPECT_TRUE(world.verify());
}

TEST(AccessFile, WhatCannotBeWrittenIsNotThereAndWorksAgainLater) {
  Files world;
  auto const log = world.open();
  ASSERT_TRUE(append(*log, {entry("before")}).front());
  // The next month's file cannot be made: a folder has its name.
  std::filesystem::create_directory(world.folder / "2026-12.jsonl");
  auto const refused = append(*log, {entry("x", "2026-12-01T00:00:00Z")}).front();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "access_log_failed");
  EXPECT_THAT(log->trouble(), HasSubstr("2026-12.jsonl"));
  std::filesystem::remove(world.folder / "2026-12.jsonl");
  ASSERT_TRUE(append(*log, {entry("after", "2026-12-01T00:00:00Z")}).front());
  EXPECT_EQ(log->trouble(), "");
  EXPECT_EQ(world.lines().size(), 2u);
  EXPECT_TRUE(world.verify());
}

TEST(AccessRows, NobodyMayChangeThem) {
  if (auto const missing = PostgresServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
  Rows world;
  append(*world.open(), {entry("a"), entry("b")});
  auto const owner = postgres::Connection::open(PostgresServer::shared().address(world.database, "owner"), 5s).value();
  auto const server = postgres::Connection::open(PostgresServer::shared().address(world.database), 5s).value();
  for (auto const* const sql :
       {"UPDATE sotto.access SET line = '' WHERE number = 1", "DELETE FROM sotto.access", "TRUNCATE sotto.access"}) {
    EXPECT_FALSE(server->execute(sql)) << sql;
    auto const refused = owner->execute(sql);
    ASSERT_FALSE(refused) << sql;
    EXPECT_THAT(refused.error().message, HasSubstr("only added to"));
  }
  EXPECT_EQ(world.lines().size(), 2u);
}

}  // namespace
}  // namespace sotto
