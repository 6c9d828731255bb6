#include "contract/postgres_server.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "adapters/postgres/store.h"
#include "base/check.h"

namespace sotto {

namespace fs = std::filesystem;

namespace {

fs::path temporary_folder() {
  std::string pattern = (fs::temp_directory_path() / "sotto-pg-XXXXXX").string();
  CHECK(mkdtemp(pattern.data()));
  return pattern;
}

std::unique_ptr<postgres::Connection> connect(std::string const& address) {
  auto connection = postgres::Connection::open(address, std::chrono::seconds(10));
  if (!connection) throw std::runtime_error(connection.error().message);
  return std::move(*connection);
}

}  // namespace

int PostgresServer::script(std::string const& arguments) const {
  return std::system(fmt::format("{} {}/scripts/postgres {}", environment_, SOTTO_SOURCE_DIR, arguments).c_str());
}

std::string PostgresServer::missing() {
  return fs::exists(fs::path(SOTTO_SOURCE_DIR) / ".cache/servers/complete")
             ? ""
             : "no PostgreSQL: run scripts/setup-servers";
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server("-c fsync=off");
  return server;
}

PostgresServer::PostgresServer(std::string options, std::string environment)
    : folder_(temporary_folder()), options_(std::move(options)), environment_(std::move(environment)) {
  start();
  run("postgres", "CREATE ROLE sotto LOGIN");
  run("postgres", "CREATE DATABASE template_sotto");
  auto const owner = connect(address("template_sotto", "owner"));
  auto const steps = postgres::migrate(*owner, "test", "sotto");
  if (!steps) throw std::runtime_error(steps.error().message);
}

PostgresServer::PostgresServer(Replica, PostgresServer const& primary)
    : folder_(temporary_folder()), options_(primary.options_) {
  CHECK(script(fmt::format("replica {} {} {}", folder_.string(), primary.folder_.string(), options_)) == 0);
}

std::unique_ptr<PostgresServer> PostgresServer::replica() const {
  return std::unique_ptr<PostgresServer>(new PostgresServer(Replica(), *this));
}

// A test may have ended it before.
PostgresServer::~PostgresServer() {
  if (bouncer_) script(fmt::format("unbounce {}", folder_.string()));
  script(fmt::format("stop {} immediate >/dev/null 2>&1", folder_.string()));
  disk_.reset();
  std::error_code left;
  fs::remove_all(folder_, left);
}

void PostgresServer::start() { CHECK(script(fmt::format("start {} {}", folder_.string(), options_)) == 0); }
void PostgresServer::stop(std::string const& how) {
  CHECK(script(fmt::format("stop {} {}", folder_.string(), how)) == 0);
}
void PostgresServer::promote() { CHECK(script(fmt::format("promote {}", folder_.string())) == 0); }

void PostgresServer::start_if_ended() {
  if (script(fmt::format("running {}", folder_.string())) == 0) return;
  script(fmt::format("start {} {} >/dev/null 2>&1", folder_.string(), options_));
}

SmallDisk& PostgresServer::move_to_small_disk(std::string const& part, int mebibytes) {
  stop("fast");
  disk_ = std::make_unique<SmallDisk>(folder_ / part, mebibytes);
  start();
  return *disk_;
}

std::string PostgresServer::address(std::string const& database, std::string const& role) const {
  return fmt::format("host={} dbname={} user={}", folder_.string(), database, role);
}

void PostgresServer::run(std::string const& database, std::string const& sql) {
  if (auto done = connect(address(database, "owner"))->execute(sql); !done)
    throw std::runtime_error(done.error().message);
}

std::string PostgresServer::value(std::string const& database, std::string const& sql) const {
  auto const rows = connect(address(database, "owner"))->run(std::array{postgres::Query{sql}});
  if (!rows) throw std::runtime_error(rows.error().message);
  return rows->front().size() > 0 ? rows->front().text(0, 0) : "";
}

int PostgresServer::said(std::string const& words) const {
  std::ifstream in(folder_ / "log");
  int count = 0;
  for (std::string line; std::getline(in, line);) count += line.contains(words) ? 1 : 0;
  return count;
}

std::string PostgresServer::bouncer() {
  if (!std::exchange(bouncer_, true)) CHECK(script(fmt::format("bounce {}", folder_.string())) == 0);
  return fmt::format("host={}/bouncer port=6432", folder_.string());
}

std::string PostgresServer::make_database() {
  auto const name = fmt::format("t{}", ++databases_);
  run("postgres", fmt::format("CREATE DATABASE {} TEMPLATE template_sotto", name));
  return name;
}

void PostgresServer::drop_database(std::string const& name) {
  run("postgres", fmt::format("DROP DATABASE {} WITH (FORCE)", name));
}

}  // namespace sotto
