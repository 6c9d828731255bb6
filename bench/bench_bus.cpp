// bus: how late what one process tells comes to a follower in another, over a real Redis. Usage:
//   bench_bus peer SOCKET                    a bare pair: XADD in one process, XREAD in the other
//   bench_bus bus SOCKET                     RedisBus: publish() in one process, its follower in the other
//   bench_bus log SOCKET ADDRESS EPOCHS      the same, but told when the store of cluster "bench" has it, as calls do
// 1,000 things a second for two seconds, of 200 calls. Each counts from when it was due, so that a teller that is held
// up counts too. Prints one JSON object: how many were told, and how late each of those came that came.
// bench/bus.py runs all three in turns.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "adapters/openssl/seal.h"
#include "adapters/postgres/postgres_keys.h"
#include "adapters/postgres/postgres_log.h"
#include "adapters/redis/connection.h"
#include "adapters/redis/notice_codec.h"
#include "adapters/redis/redis_bus.h"
#include "base/check.h"
#include "net/loop.h"
#include "stored_call.h"
#include "support/manual_executor.h"

using namespace sotto;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t kRate = 1000, kSeconds = 2, kCalls = 200, kThings = kRate * kSeconds;
constexpr auto kPatience = std::chrono::seconds(kSeconds + 20);
constexpr auto kMark = "mark";  // told until the follower hears

// Both processes stand on one machine, and so on one steady clock.
Time now() { return Time(std::chrono::duration_cast<Duration>(Steady::now().time_since_epoch())); }

BusSettings settings_of(std::string const& socket) {
  return {.redis = socket, .sentinels = {}, .user = {}, .password_file = {}};
}

std::unique_ptr<redis::RedisBus> open_bus(std::string const& socket, std::string name, Executor& executor,
                                          Key const& key) {
  auto const held = std::make_shared<HeldKey>(key);
  auto bus = redis::RedisBus::open(settings_of(socket), "bench", std::move(name), executor,
                                   [held](KeyId) -> Result<NumberedKey> { return NumberedKey{.id = 7, .key = held}; });
  CHECK(bus);
  return std::move(*bus);
}

std::unique_ptr<redis::Connection> open_connection(std::string const& socket) {
  auto connection = redis::Connection::open(settings_of(socket), std::chrono::seconds(3));
  CHECK(connection);
  return std::move(*connection);
}

// `due` travels as the time of the event.
Event said(std::string const& call, std::int64_t number, Time due) {
  UtteranceFinal final{{.text = "I would like to know what you can do about the invoice of last month"}};
  return {.call = call, .tenant = "bench", .number = number, .time = due, .body = std::move(final)};
}

// --- the process that follows ---

void say_ready(int ready) {
  char const byte = 1;
  CHECK(::write(ready, &byte, 1) == 1);
}

// How late each came, in ms.
std::vector<double> follow_bus(std::string const& socket, Key const& key, int ready) {
  net::Loop loop;
  auto const bus = open_bus(socket, "follower", loop, key);
  std::vector<double> late;
  auto const follower = bus->follow({}, [&](Notice const& notice) {
    auto const& event = std::get<Event>(notice);
    if (event.call == kMark) return say_ready(ready);
    late.push_back(to_ms(now() - event.time));
    if (late.size() == kThings) loop.stop();
  });
  loop.after(kPatience, [&] { loop.stop(); });
  loop.run();
  return late;
}

std::vector<double> follow_peer(std::string const& socket, int ready) {
  auto const connection = open_connection(socket);
  std::vector<double> late;
  std::string last = "$";
  auto const until = Steady::now() + kPatience;
  while (late.size() < kThings && Steady::now() < until) {
    auto const reply = connection->ask({"XREAD", "COUNT", "1000", "BLOCK", "300", "STREAMS", "peer", last});
    CHECK(reply);
    for (auto const& stream : reply->list) {
      for (auto const& entry : stream.list.at(1).list) {
        last = entry.list.at(0).text;
        auto const due = Time(Duration(std::stoll(entry.list.at(1).list.at(1).text)));
        if (due == Time{}) say_ready(ready);
        else late.push_back(to_ms(now() - due));
      }
    }
  }
  return late;
}

// --- the process that tells ---

struct Follower {
  pid_t process;
  int ready;  // readable when it has heard a mark
};

// Marks until the follower hears, then one thing at a time when it is due; ends when the follower has ended.
template <typename Tell>
void tell_all(Follower const& follower, Tell const& tell) {
  pollfd heard{.fd = follower.ready, .events = POLLIN, .revents = 0};
  do tell(kMark, Time{});
  while (::poll(&heard, 1, 20) == 0);
  auto const from = Steady::now() + std::chrono::milliseconds(100);
  for (std::size_t at = 0; at < kThings; ++at) {
    auto const due = from + std::chrono::microseconds(1'000'000 / kRate * static_cast<std::int64_t>(at));
    std::this_thread::sleep_until(due);
    tell(fmt::format("call-{}", at % kCalls), Time(std::chrono::duration_cast<Duration>(due.time_since_epoch())));
  }
  int status = 0;
  CHECK(::waitpid(follower.process, &status, 0) == follower.process);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void tell_bus(Follower const& follower, std::string const& socket, Key const& key) {
  ManualExecutor executor;
  auto const bus = open_bus(socket, "teller", executor, key);
  tell_all(follower, [&](std::string const& call, Time due) { bus->publish(said(call, 1, due)); });
}

// With entries as long as those of the bus.
void tell_peer(Follower const& follower, std::string const& socket) {
  auto const connection = open_connection(socket);
  std::string const text(redis::encode(Notice(said("call-100", 1, now()))).size() + kSealGrowth, 'x');
  tell_all(follower, [&](std::string const&, Time due) {
    auto const us = fmt::format("{}", due.time_since_epoch().count());
    CHECK(connection->ask({"XADD", "peer", "MAXLEN", "~", "2000", "*", "due", us, "text", text}));
  });
}

// Calls whose words are told when the log has them. Confined to the loop.
class Appender {
 public:
  Appender(CallLog& log, EventBus& bus) : log_(log), bus_(bus) {
    for (std::size_t i = 0; i < kCalls; ++i) calls_.try_emplace(fmt::format("call-{}", i));
  }

  void open(std::atomic<std::size_t>& opened) {
    for (auto& [id, one] : calls_) {
      one.call.id = id;
      log_.append(one.call.opening(), [&opened](Result<std::int64_t> const& number) {
        CHECK(number);
        ++opened;
      });
    }
  }
  void tell(std::string const& call, Time due) {
    if (call == kMark) return bus_.publish(said(call, 1, due));
    auto& one = calls_.at(call);
    one.due.push_back(due);
    append(one);
  }

 private:
  struct One {
    bench::StoredCall call = {};
    std::deque<Time> due = {};  // those that wait for the batch before theirs
  };

  void append(One& one) {
    if (one.call.busy || one.due.empty()) return;
    one.call.busy = true;
    log_.append(one.call.next(), [this, &one](Result<std::int64_t> const& number) {
      CHECK(number);
      bus_.publish(said(one.call.id, *number, one.due.front()));
      one.due.pop_front();
      one.call.busy = false;
      append(one);
    });
  }

  CallLog& log_;
  EventBus& bus_;
  std::map<std::string, One> calls_;
};

void tell_stored(Follower const& follower, std::string const& socket, Key const& key, std::string const& address,
                 std::string const& epochs) {
  SystemClock clock;
  net::Loop loop;
  auto const keys = postgres::PostgresKeys::open(address, epochs, random_key(), clock).value();
  auto const log = postgres::PostgresLog::open(address, "bench", loop, clock, *keys).value();
  auto const bus = open_bus(socket, "teller", loop, key);
  Appender appender(*log, *bus);
  std::atomic<std::size_t> opened = 0;
  std::jthread running([&] { loop.run(); });
  loop.post([&] { appender.open(opened); });
  while (opened < kCalls) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  tell_all(follower,
           [&](std::string const& call, Time due) { loop.post([&appender, call, due] { appender.tell(call, due); }); });
  loop.stop();
}

void print(std::vector<double> const& late) {
  fmt::print("{{\"told\":{},\"late_ms\":[{:.3f}]}}\n", kThings, fmt::join(late, ","));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> const given(argv + 1, argv + argc);
  if (given.size() < 2 || given.size() != (given[0] == "log" ? 4u : 2u)) return 2;
  auto const& kind = given[0];
  auto const& socket = given[1];
  std::signal(SIGPIPE, SIG_IGN);
  auto const key = random_key();  // of both processes
  std::array<int, 2> ready{};
  CHECK(::pipe(ready.data()) == 0);
  auto const process = ::fork();  // nothing runs beside this thread yet
  CHECK(process >= 0);
  if (process == 0) {
    print(kind == "peer" ? follow_peer(socket, ready[1]) : follow_bus(socket, key, ready[1]));
    return 0;
  }
  Follower const follower{.process = process, .ready = ready[0]};
  if (kind == "peer") tell_peer(follower, socket);
  else if (kind == "bus") tell_bus(follower, socket, key);
  else tell_stored(follower, socket, key, given[2], given[3]);
  return 0;
}
