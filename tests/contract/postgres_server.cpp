#include "contract/postgres_server.h"

#include <cstdlib>
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

int script(std::string const& arguments) {
  return std::system(fmt::format("{}/scripts/postgres {}", SOTTO_SOURCE_DIR, arguments).c_str());
}

std::unique_ptr<postgres::Connection> connect(std::string const& address) {
  auto connection = postgres::Connection::open(address, std::chrono::seconds(10));
  if (!connection) throw std::runtime_error(connection.error().message);
  return std::move(*connection);
}

}  // namespace

std::string PostgresServer::missing() {
  return fs::exists(fs::path(SOTTO_SOURCE_DIR) / ".cache/servers/complete")
             ? ""
             : "no PostgreSQL: run scripts/setup-servers";
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server("-c fsync=off");
  return server;
}

PostgresServer::PostgresServer(std::string options) : folder_(temporary_folder()), options_(std::move(options)) {
  start();
  run("postgres", "CREATE ROLE sotto LOGIN");
  run("postgres", "CREATE DATABASE template_sotto");
  auto const owner = connect(address("template_sotto", "owner"));
  auto const steps = postgres::migrate(*owner, "test", "sotto");
  if (!steps) throw std::runtime_error(steps.error().message);
}

PostgresServer::~PostgresServer() {
  if (bouncer_) script(fmt::format("unbounce {}", folder_.string()));
  stop("immediate");
  fs::remove_all(folder_);
}

void PostgresServer::start() { CHECK(script(fmt::format("start {} {}", folder_.string(), options_)) == 0); }
void PostgresServer::stop(std::string const& how) {
  CHECK(script(fmt::format("stop {} {}", folder_.string(), how)) == 0);
}

std::string PostgresServer::address(std::string const& database, std::string const& role) const {
  return fmt::format("host={} dbname={} user={}", folder_.string(), database, role);
}

void PostgresServer::run(std::string const& database, std::string const& sql) {
  if (auto done = connect(address(database, "owner"))->execute(sql); !done)
    throw std::runtime_error(done.error().message);
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
