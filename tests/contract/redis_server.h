// Real Redis servers for the tests of the bus, and the processes that use it.
#pragma once

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/redis/redis_bus.h"
#include "base/check.h"
#include "call/event_codec.h"
#include "support/manual_executor.h"

namespace sotto {

class RedisServer {
 public:
  static std::string missing() {
    return std::filesystem::exists(std::filesystem::path(SOTTO_SOURCE_DIR) / ".cache/servers/complete")
               ? ""
               : "no Redis: run scripts/setup-servers";
  }
  // A port of this machine that is free now.
  static int free_port() {
    int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    CHECK(socket >= 0 && ::bind(socket, any, size) == 0 && ::getsockname(socket, any, &size) == 0);
    ::close(socket);
    return ntohs(address.sin_port);
  }
  // As scripts/redis is asked: `start` with options, or `sentinel`.
  explicit RedisServer(std::string options = "", std::string command = "start")
      : options_(std::move(options)), command_(std::move(command)) {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does: a connection that is lost is an error of its next use
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-redis-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    folder_ = pattern;
    start();
  }
  ~RedisServer() {
    if (runs_) script("stop", "9");
    std::error_code left;
    std::filesystem::remove_all(folder_, left);
  }
  void start() {
    CHECK(script(command_, options_) == 0);
    runs_ = true;
  }
  void kill() {
    CHECK(script("stop", "9") == 0);
    runs_ = false;
  }
  // What it has on its disk is gone.
  void delete_folder() const { std::filesystem::remove_all(folder_); }
  int script(std::string const& command, std::string const& arguments) const {
    return std::system(
        fmt::format("{}/scripts/redis {} {} {} >/dev/null", SOTTO_SOURCE_DIR, command, folder_.string(), arguments)
            .c_str());
  }
  BusSettings settings() const { return at((folder_ / "socket").string()); }
  static BusSettings at(std::string place) {
    return {.redis = std::move(place), .sentinels = {}, .user = {}, .password_file = {}};
  }

 private:
  std::filesystem::path folder_;
  std::string const options_, command_;
  bool runs_ = false;
};

// What a server answers one command, as another program asks.
inline redis::Reply ask_redis(BusSettings const& settings, redis::Command const& command) {
  auto const connection = redis::Connection::open(settings, std::chrono::seconds(3));
  if (!connection) return {.kind = redis::Reply::Kind::error, .text = connection.error().message};
  auto reply = (*connection)->ask(command);
  if (!reply) return {.kind = redis::Reply::Kind::error, .text = reply.error().message};
  return *reply;
}

// The loop of a process with its bus.
struct BusProcess {
  BusProcess(BusSettings const& settings, std::string name, NumberedKey const& key) {
    auto opened =
        redis::RedisBus::open(settings, "test", std::move(name), executor, [key](KeyId id) -> Result<NumberedKey> {
          if (id != 0 && id != key.id) return fail("keys_failed", "of another hour");
          return key;
        });
    CHECK(opened);
    bus = std::move(*opened);
  }
  ManualExecutor executor;
  std::unique_ptr<redis::RedisBus> bus;
};

// Two processes and a Redis between them.
class TwoBuses : public testing::Test {
 protected:
  void SetUp() override {
    if (auto const why = RedisServer::missing(); !why.empty()) GTEST_SKIP() << why;
    server = std::make_unique<RedisServer>();
    connect(server->settings());
  }
  void connect(BusSettings const& settings) {
    one = std::make_unique<BusProcess>(settings, "one", key);
    other = std::make_unique<BusProcess>(settings, "other", key);
    ready();
  }
  // Both read from the newest entry on; until then they may miss some.
  void ready() {
    for (int i = 0; i < 2; ++i) {
      auto& from = i == 0 ? *one : *other;
      auto& to = i == 0 ? *other : *one;
      bool heard = false;
      auto const follower = to.bus->follow({.call = "ready"}, [&](Notice const&) { heard = true; });
      until([&] {
        if (!heard) from.bus->publish(event("ready", 0));
        return heard;
      });
    }
  }
  template <typename Done>
  void until(Done done, std::chrono::seconds patience = std::chrono::seconds(20)) {
    auto const end = std::chrono::steady_clock::now() + patience;
    while (!done() && std::chrono::steady_clock::now() < end) {
      for (auto* process : {one.get(), other.get()}) {
        if (!process) continue;
        process->executor.run_all();
        process->bus->tick();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_TRUE(done());
  }
  static Event event(std::string call, std::int64_t number, std::string text = "") {
    return {.call = std::move(call),
            .tenant = "demo",
            .number = number,
            .time = Time(Duration(1'700'000'000'123'456 + number)),
            .body = UtteranceFinal{{.text = std::move(text)}},
            .stamps = {.spoken = Time(Duration(5))}};
  }
  static Event started(std::string call) {
    Event out{.call = std::move(call), .tenant = "demo", .number = 1, .time = {}, .body = CallStarted{}};
    std::get<CallStarted>(out.body).info.id = out.call;
    return out;
  }
  NumberedKey const key{.id = 7, .key = std::make_shared<HeldKey>(random_key())};
  std::unique_ptr<RedisServer> server;
  std::unique_ptr<BusProcess> one, other;
};

}  // namespace sotto
