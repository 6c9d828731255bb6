// store: appends of one utterance and one cue to a shared store. Usage: bench_store ADDRESS EPOCHS; the database holds
// the store of cluster "bench". Prints one JSON object a figure: `per_s`, as many as it takes from 256 calls at once,
// and, at 1,000 a second over 200 calls, how late answers are beside raw fdatasyncs of 8 kB in the folder of EPOCHS
// meanwhile. bench/store.py sets it up and puts a peer beside it.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "adapters/postgres/postgres_keys.h"
#include "adapters/postgres/postgres_log.h"
#include "base/check.h"
#include "stored_call.h"
#include "support/manual_executor.h"

using namespace sotto;
using Call = bench::StoredCall;
using Steady = std::chrono::steady_clock;

namespace {

constexpr int kRate = 1000, kSeconds = 10;

double ms(Steady::duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

double percentile(std::vector<double> values, double p) {
  std::ranges::sort(values);
  return values.at(std::min(values.size() - 1, static_cast<std::size_t>(p * static_cast<double>(values.size()))));
}

class Bench {
 public:
  Bench(std::string const& address, std::filesystem::path const& epochs)
      : keys_(postgres::PostgresKeys::open(address, epochs, random_key(), clock_).value()),
        log_(postgres::PostgresLog::open(address, "bench", executor_, clock_, *keys_).value()) {}

  std::vector<Call> open_calls(std::string const& name, int count) {
    std::vector<Call> calls;
    int answers = 0;
    for (int i = 0; i < count; ++i) {
      calls.push_back({.id = fmt::format("{}-{}", name, i)});
      log_->append(calls.back().opening(), [&](Result<std::int64_t> const& number) {
        CHECK(number);
        ++answers;
      });
    }
    CHECK(executor_.run_until([&] { return answers == count; }));
    return calls;
  }

  // Appends a second while every call has the next batch ready.
  double throughput() {
    auto calls = open_calls("many", 256);
    std::size_t stored = 0;
    auto const from = Steady::now(), until = from + std::chrono::seconds(kSeconds);
    std::size_t under_way = 0;
    std::function<void(Call&)> go = [&](Call& call) {
      if (Steady::now() >= until) return;
      ++under_way;
      log_->append(call.next(), [&](Result<std::int64_t> const& number) {
        CHECK(number);
        ++stored;
        --under_way;
        go(call);
      });
    };
    for (auto& call : calls) go(call);
    CHECK(executor_.run_until([&] { return under_way == 0; }));
    return static_cast<double>(stored) / (ms(Steady::now() - from) / 1000);
  }

  // How late each answer is, at kRate a second; a call that has none yet is passed over.
  std::vector<double> latencies() {
    auto calls = open_calls("some", 200);
    std::vector<double> late;
    std::size_t at = 0, asked = 0;
    auto const from = Steady::now();
    while (asked < static_cast<std::size_t>(kRate * kSeconds)) {
      auto const due = from + std::chrono::microseconds(1'000'000 / kRate * static_cast<std::int64_t>(asked));
      while (Steady::now() < due) {
        executor_.run_all();
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
      while (calls[at % calls.size()].busy) ++at;
      auto& call = calls[at++ % calls.size()];
      call.busy = true;
      ++asked;
      log_->append(call.next(), [&late, &call, due](Result<std::int64_t> const& number) {
        CHECK(number);
        call.busy = false;
        late.push_back(ms(Steady::now() - due));
      });
    }
    CHECK(executor_.run_until([&] { return late.size() == asked; }));
    return late;
  }

 private:
  SystemClock clock_;
  ManualExecutor executor_;
  std::unique_ptr<postgres::PostgresKeys> keys_;
  std::unique_ptr<postgres::PostgresLog> log_;
};

// One every 20 ms until told to stop.
std::vector<double> fdatasyncs(std::filesystem::path const& folder, std::stop_token const& stop) {
  auto const path = folder / "fdatasync";
  int const file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  CHECK(file >= 0);
  std::string const block(8192, 'x');
  std::vector<double> out;
  while (!stop.stop_requested()) {
    auto const from = Steady::now();
    CHECK(::write(file, block.data(), block.size()) == 8192 && ::fdatasync(file) == 0);
    out.push_back(ms(Steady::now() - from));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ::close(file);
  std::filesystem::remove(path);
  return out;
}

void print(char const* figure, double value, char const* unit, std::size_t n, std::string const& more) {
  fmt::print(R"({{"bench":"store","figure":"{}","value":{:.3f},"unit":"{}","n":{}{}}})"
             "\n",
             figure, value, unit, n, more);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  Bench bench(argv[1], argv[2]);
  auto const per_s = bench.throughput();
  print("per_s", per_s, "1/s", static_cast<std::size_t>(per_s * kSeconds), R"(,"calls":256)");
  std::vector<double> syncs;
  std::jthread measuring(
      [&](std::stop_token const& stop) { syncs = fdatasyncs(std::filesystem::path(argv[2]).parent_path(), stop); });
  auto const late = bench.latencies();
  measuring.request_stop();
  measuring.join();
  auto const p99 = percentile(late, .99), sync = percentile(syncs, .99);
  auto const conditions = fmt::format(R"(,"rate":{},"calls":200,"fdatasync_p99_ms":{:.3f})", kRate, sync);
  print("p50_ms", percentile(late, .5), "ms", late.size(), conditions);
  print("p99_ms", p99, "ms", late.size(), conditions);
  print("p99_over_ms", p99 - 3 * sync, "ms", late.size(), conditions + R"(,"floor":10,"aim":3)");
}
