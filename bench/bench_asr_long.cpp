// asr-long: one call of two hours, as fast as recognition goes: the call path with its real store and sentence encoder,
// the client of Deepgram's protocol, our server of it and the engine, over a real socket, all in this process, so that
// its memory is that of them all. The demo calls follow one another; the first window of whole rounds of them that has
// ten minutes is compared with the last. Time is the CPU time of all threads: other work on the machine is not in it.
// The engine makes no partials here: how many it drops when audio comes so fast would decide the result.
//   bench_asr_long [MINUTES]
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/deepgram/recognizer.h"
#include "adapters/moonshine/recognizer.h"
#include "asr/listen_endpoint.h"
#include "base/check.h"
#include "call/event_codec.h"
#include "call_path_parts.h"
#include "net/server.h"

using namespace sotto;

namespace {

constexpr std::int64_t kRate = 8000;
constexpr std::int64_t kPacket = kRate / 10;
constexpr std::int64_t kWindowMin = 600 * kRate;
// Undecided audio on the way: what a final of 7 s and the pause behind it need, and some for the engine to chew on.
constexpr std::int64_t kAhead = 24 * kRate;

struct Stereo {
  std::vector<std::uint8_t> customer, agent;
  std::int64_t samples() const { return std::ssize(customer); }
};

// mu-law, 8 kHz, the two parties interleaved, as `make demo` writes it.
void append_demo(std::string const& file, Stereo& out) {
  std::ifstream in(file, std::ios::binary);
  std::string const bytes((std::istreambuf_iterator<char>(in)), {});
  auto const data = bytes.find("data");
  if (data == std::string::npos) {
    fmt::print(stderr, "no sound in {}: run `make demo`\n", file);
    std::exit(1);
  }
  for (auto at = data + 8; at + 1 < bytes.size(); at += 2) {
    out.customer.push_back(static_cast<std::uint8_t>(bytes[at]));
    out.agent.push_back(static_cast<std::uint8_t>(bytes[at + 1]));
  }
  auto const whole = out.samples() / kPacket * kPacket;
  out.customer.resize(static_cast<std::size_t>(whole));
  out.agent.resize(static_cast<std::size_t>(whole));
}

double resident_mb() {
  std::ifstream in("/proc/self/statm");
  std::int64_t size = 0, resident = 0;
  in >> size >> resident;
  return static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / 1e6;
}

double heap_mb() {
  auto const info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / 1e6;
}

// Once a second of the call.
struct Sample {
  std::int64_t at = 0;  // samples of the call
  double cpu = 0, resident = 0, heap = 0;
};

struct Window {
  double cpu_per_hour = 0, resident = 0, heap = 0;
};

Window window(std::vector<Sample> const& samples, std::int64_t from, std::int64_t to) {
  std::vector<Sample> inside;
  std::ranges::copy_if(samples, std::back_inserter(inside),
                       [&](Sample const& sample) { return sample.at >= from && sample.at <= to; });
  CHECK(inside.size() > 1);
  Window out;
  for (auto const& sample : inside) {
    out.resident += sample.resident / static_cast<double>(inside.size());
    out.heap += sample.heap / static_cast<double>(inside.size());
  }
  auto const seconds = static_cast<double>(inside.back().at - inside.front().at) / kRate;
  out.cpu_per_hour = (inside.back().cpu - inside.front().cpu) / seconds * 3600;
  return out;
}

// Gives the call as much audio as it can have undecided, ticks it, notes what it costs.
net::asio::awaitable<void> feed(net::Loop& loop, Clock const& clock, gateway::CapturedCall& path, Stereo const& audio,
                                std::int64_t total, std::vector<Sample>& samples) {
  net::asio::steady_timer timer(loop.context());
  std::int64_t sent = 0;
  auto ticked = clock.now();
  while (sent < total) {
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(net::asio::use_awaitable);
    std::int64_t committed = INT64_MAX;
    for (auto const& progress : path.capture().progress()) committed = std::min(committed, progress.committed);
    for (; sent < total && sent - committed < kAhead; sent += kPacket) {
      auto const at = sent % audio.samples();
      for (auto const track : {Track::customer, Track::agent}) {
        auto const& from = track == Track::customer ? audio.customer : audio.agent;
        CHECK(path.on_packet({.track = track,
                              .first_sample = sent,
                              .bytes = {from.begin() + at, from.begin() + at + kPacket},
                              .arrived = clock.now()}));
      }
    }
    if (clock.now() - ticked >= 50ms) {
      ticked = clock.now();
      path.tick();
    }
    if (samples.empty() || committed - samples.back().at >= kRate) {
      if (samples.empty() || committed / (kRate * 600) != samples.back().at / (kRate * 600)) {
        fmt::print(stderr, "minute {} of {}: {:.1f} MB resident, {:.1f} MB of heap\n", committed / (kRate * 60),
                   total / (kRate * 60), resident_mb(), heap_mb());
      }
      samples.push_back({committed, cpu_seconds(), resident_mb(), heap_mb()});
    }
  }
  path.on_end(EndReason::hangup);
  while (!path.capture().finished()) {
    timer.expires_after(std::chrono::milliseconds(20));
    co_await timer.async_wait(net::asio::use_awaitable);
    path.tick();
  }
  loop.stop();
}

void report(std::vector<Sample> const& samples, std::int64_t window_length, Held const& held, std::uint64_t lost,
            double wall, std::string const& coverage) {
  auto const first = window(samples, kRate * 5, window_length);
  auto const last = window(samples, samples.back().at - window_length + kRate * 5, samples.back().at);
  auto const minutes = samples.back().at / (kRate * 60);
  fmt::print(
      R"({{"bench":"asr-long","figure":"memory_growth","value":{:.3f},"unit":"last window over first","minutes":{},"kWindowMin":{},"resident_first_mb":{:.1f},"resident_last_mb":{:.1f},"heap_first_mb":{:.2f},"heap_last_mb":{:.2f},"heap_mb_an_hour":{:.2f},"ledger_rows":{},"held_audio_ms":{},"lost_streams":{},"floor":1.1,"aim":1.1}})"
      "\n",
      last.resident / first.resident, minutes, window_length / (kRate * 60), first.resident, last.resident, first.heap,
      last.heap, (last.heap - first.heap) * 60 / static_cast<double>(minutes - window_length / (kRate * 60)),
      held.ledger_rows, held.audio_ms, lost);
  fmt::print(
      R"({{"bench":"asr-long","figure":"time_growth","value":{:.3f},"unit":"last window over first","minutes":{},"cpu_ms_a_second_first":{:.2f},"cpu_ms_a_second_last":{:.2f},"wall_s":{:.0f},"coverage":{},"floor":1.1,"aim":1.1}})"
      "\n",
      last.cpu_per_hour / first.cpu_per_hour, minutes, first.cpu_per_hour / 3.6, last.cpu_per_hour / 3.6, wall,
      coverage);
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t const minutes = argc > 1 ? std::atoi(argv[1]) : 120;
  spdlog::set_level(spdlog::level::warn);
  Stereo audio;
  for (auto const* name : {"cancel", "payment", "fault"}) append_demo(fmt::format("build/demo/{}.wav", name), audio);
  auto const folder = std::filesystem::temp_directory_path() / fmt::format("sotto-asr-long-{}", ::getpid());
  {
    CallPathParts parts(folder, "config/policies", "config/knowledge");
    auto const& clock = parts.clock;
    auto& loop = parts.loop;
    StampingExecutor executor(loop, clock);
    auto const cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    auto engine = MoonshineRecognizer::make({.models = ".cache", .workers = cores}, executor, clock).value();
    SegmenterOptions segmenter;
    segmenter.partial_first_frames = INT_MAX / 2;
    app::ListenService service(
        {.open = [&](auto sink, auto const&) { return engine->open(std::move(sink), {.segmenter = segmenter}); },
         .up = [&] { return engine->up(); },
         .executor = executor,
         .clock = clock,
         .metrics = parts.metrics,
         .bearer_of = {}});
    net::Server server(loop,
                       {.host = "127.0.0.1",
                        .port = 0,
                        .guard = {},
                        .rule = [](auto const&) { return net::RouteRule{.needs = Permission::none}; }},
                       [](auto, auto) {},
                       {{"/v1/listen",
                         {.needs = Permission::none,
                          .message_max = 1 << 20,
                          .make = nullptr,
                          .decide = [&](net::UpgradeRequest const& request) { return service.decide(request); }}}});
    CHECK(server.listen());
    deepgram::DeepgramOptions options{
        .name = "here", .address = {.host = "127.0.0.1", .port = server.port()}, .query = {}};
    options.query.punctuate = true;
    options.session = {.pace = 1000, .burst = 100s, .answer_within = 120s, .send_within = 120s, .close_within = 60s};
    deepgram::DeepgramRecognizer client(options, loop, clock);
    gateway::Engines engines(client);
    gateway::CapturedCall path(parts.capture(engines),
                               {.id = "long",
                                .tenant = "demo",
                                .team = "",
                                .agent = "",
                                .tracks = {Track::customer, Track::agent},
                                .format = {.coding = Coding::mulaw, .rate = static_cast<int>(kRate)},
                                .speed = 20,
                                .metadata = {},
                                .started = clock.now()},
                               "digest", "bench");
    std::vector<Sample> samples;
    auto const window_length = (kWindowMin + audio.samples() - 1) / audio.samples() * audio.samples();
    auto const total = std::max(2 * window_length, minutes * 60 * kRate / audio.samples() * audio.samples());
    auto const begun = clock.now();
    loop.spawn("audio", feed(loop, clock, path, audio, total, samples));
    loop.run();
    report(samples, window_length, path.capture().held(), client.stats().lost, to_ms(clock.now() - begun) / 1000,
           boost::json::serialize(fields::written(path.capture().coverage(), {})));
  }
  std::filesystem::remove_all(folder);
  return 0;
}
