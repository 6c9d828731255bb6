// Recognisers that fail, in virtual time from a seed: the whole call path over a provider that reads frame numbers
// hidden in the audio (tests/recovery). Prints one JSON object a figure; how fast it went, to stderr.
//   bench_asr_cuts cuts [ROUNDS]       faults of any kind: ms missing, ms doubled
//   bench_asr_cuts outage [ROUNDS]     the only engine gone for 1 to 60 s: live words, and the backlog
//   bench_asr_cuts failover [ROUNDS]   the first of two engines dies: the next one's words at a subscriber
//   bench_asr_cuts honest [ROUNDS]     an engine dies: the page's state says so
//   bench_asr_cuts table [ROUNDS]      docs/survived.md: each fault ROUNDS times
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "recovery/scenario.h"
#include "recovery/timing.h"

using namespace sotto;
using namespace sotto::recovery;

namespace {

constexpr std::uint64_t kFirstSeed = 20261124;

double percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

double seconds(Duration time) { return to_ms(time) / 1000; }

struct Figure {
  char const* bench;
  char const* figure;
  double value;
  char const* unit;
  std::int64_t rounds;
  double floor, aim;
  std::string more = {};
};

void print(Figure const& figure) {
  fmt::print(
      R"({{"bench":"{}","figure":"{}","value":{:.3g},"unit":"{}","rounds":{},"transport":"simulated","seed":{},"floor":{},"aim":{}{}}})"
      "\n",
      figure.bench, figure.figure, figure.value, figure.unit, figure.rounds, kFirstSeed, figure.floor, figure.aim,
      figure.more);
}

void report(char const* what, std::int64_t count, Time begun) {
  auto const took = seconds(SystemClock().now() - begun);
  fmt::print(stderr, "{} {} in {:.1f} s of wall time: {:.0f} a second\n", count, what, took,
             static_cast<double>(count) / took);
}

void complain(std::uint64_t seed, Verdict const& verdict) {
  if (!verdict.whole()) fmt::print(stderr, "seed {}: {}\n", seed, to_text(verdict));
}

int cuts(int rounds) {
  auto const begun = SystemClock().now();
  Outcome all;
  std::int64_t gap_ms = 0;
  for (auto seed = kFirstSeed; all.struck < rounds; ++seed) {
    auto const outcome = run(any_scenario(seed), seed);
    complain(seed, outcome.verdict);
    all.add(outcome);
    gap_ms += outcome.verdict.gap_ms;
  }
  report("cuts", all.struck, begun);
  auto const more = fmt::format(R"(,"voiced_ms":{},"gap_ms":{},"complaints":{})", all.verdict.voiced_ms, gap_ms,
                                all.verdict.complaints.size());
  print({"asr-cuts", "missing_ms", static_cast<double>(all.verdict.missing_ms + gap_ms), "ms", all.struck, 0, 0, more});
  print({"asr-cuts", "doubled_ms", static_cast<double>(all.verdict.doubled_ms), "ms", all.struck, 0, 0});
  return all.verdict.whole() ? 0 : 1;
}

int outage(int rounds) {
  auto const begun = SystemClock().now();
  constexpr Door doors[] = {Door::closed, Door::busy, Door::gone};
  double const pace = deepgram::SessionOptions().pace;
  std::vector<double> live;
  int late = 0, late_with_waiting = 0;
  Verdict verdict;
  for (int round = 0; round < rounds; ++round) {
    auto const seed = kFirstSeed + static_cast<std::uint64_t>(round);
    auto const gone = Duration(Random(seed).between(1000, 60'000) * 1000);
    auto const result = run_outage(gone, doors[round % 3], seed);
    complain(seed, result.verdict);
    live.push_back(seconds(result.live));
    late += seconds(result.backlog) > seconds(gone) / pace + 2;
    late_with_waiting += seconds(result.backlog) > seconds(result.waiting) / pace + 2;
    verdict.add(result.verdict);
  }
  report("outages", rounds, begun);
  auto const lost =
      fmt::format(R"(,"missing_ms":{},"doubled_ms":{})", verdict.missing_ms + verdict.gap_ms, verdict.doubled_ms);
  print({"asr-outage", "live_p99_s", percentile(live, 0.99), "s", rounds, 3, 2,
         fmt::format(R"(,"p50_s":{:.2f},"max_s":{:.2f}{})", percentile(live, 0.5), std::ranges::max(live), lost)});
  // What waits at the return is the outage and what was not decided when it began.
  print({"asr-outage", "late_rounds", static_cast<double>(late_with_waiting), "", rounds, 0, 0,
         fmt::format(R"(,"late_by_outage_alone":{})", late)});
  return verdict.whole() ? 0 : 1;
}

int failover(int rounds) {
  auto const begun = SystemClock().now();
  constexpr Death deaths[] = {Death::reset, Death::refused, Death::black_hole, Death::mute};
  std::vector<double> words, returned;
  Verdict verdict;
  for (int round = 0; round < rounds; ++round) {
    auto const seed = kFirstSeed + static_cast<std::uint64_t>(round);
    auto const result = run_failover(deaths[round % 4], seed);
    complain(seed, result.verdict);
    words.push_back(seconds(result.words));
    if (result.returned) returned.push_back(seconds(*result.returned));
    verdict.add(result.verdict);
  }
  report("fail-overs", rounds, begun);
  print({"asr-failover", "p99_s", percentile(words, 0.99), "s", rounds, 5, 3,
         fmt::format(R"(,"p50_s":{:.2f},"taken_back_p50_s":{:.2f},"missing_ms":{},"doubled_ms":{})",
                     percentile(words, 0.5), percentile(returned, 0.5), verdict.missing_ms + verdict.gap_ms,
                     verdict.doubled_ms)});
  return verdict.whole() ? 0 : 1;
}

int honest(int rounds) {
  auto const begun = SystemClock().now();
  constexpr Death deaths[] = {Death::reset, Death::refused, Death::black_hole, Death::mute};
  std::vector<double> said;
  for (int round = 0; round < rounds; ++round) {
    auto const seed = kFirstSeed + static_cast<std::uint64_t>(round);
    auto const death = deaths[round % 4];
    // With a second engine and without.
    said.push_back(seconds(round % 8 < 4 ? run_honest(death, seed) : run_failover(death, seed).honest));
  }
  report("faults", rounds, begun);
  print({"asr-honest", "p99_s", percentile(said, 0.99), "s", rounds, 2, 1,
         fmt::format(R"(,"p50_s":{:.2f},"max_s":{:.2f})", percentile(said, 0.5), std::ranges::max(said))});
  return 0;
}

void row(std::string_view title, std::vector<Scenario> const& scenarios, int rounds) {
  Outcome all;
  for (auto seed = kFirstSeed; all.struck < rounds; ++seed) all.add(run(scenarios[seed % scenarios.size()], seed));
  fmt::print("| {} | {} | {} | {} | {} | {:.1f} |\n", title, all.struck, all.verdict.missing_ms, all.verdict.doubled_ms,
             all.verdict.gap_ms, seconds(all.slowest));
}

int table(int rounds) {
  auto const begun = SystemClock().now();
  fmt::print(R"(# Faults of a recogniser, and what was lost

Made by `build/bench_asr_cuts table {} > docs/survived.md`: the whole call path in virtual time, seed {}, over a
provider whose words are frame numbers hidden in the audio, so that every 20 ms is known to be told once, twice or not
at all (`tests/recovery`). Missing: voiced, in no final and in no gap of the ledger. Slowest: from the strike to words
that were spoken after it, as a subscriber is told them; both people wait for theirs, more faults may come meanwhile.

| fault | trials | missing ms | doubled ms | in explicit gaps, ms | slowest, s |
|---|---|---|---|---|---|
)",
             rounds, kFirstSeed);
  for (auto const fault : kAllFaults) {
    std::vector<Scenario> scenarios;
    for (bool const ragged : {false, true}) scenarios.push_back({.faults = {fault}, .strikes = 40, .ragged = ragged});
    row(name(fault), scenarios, rounds);
  }
  row("reset, times of the provider in hundredths", {{.faults = {Fault::reset}, .strikes = 40, .coarse_times = true}},
      rounds);
  row("100 resets on one call, each at once after the last",
      {{.faults = {Fault::reset}, .strikes = 100, .ragged = true, .storm = true}}, rounds);
  row("reset or restart, with pauses and lost packets of the source",
      {{.faults = {Fault::reset, Fault::restart}, .strikes = 40, .pauses = true}}, rounds);
  std::vector<Scenario> any;
  for (auto seed = kFirstSeed; seed < kFirstSeed + 101; ++seed) any.push_back(any_scenario(seed));
  row("any mix of these, but skips", any, rounds * 5);
  fmt::print(R"(
A provider that skips says two finals with a hole between them: what it never said becomes a gap that the page shows.
)");
  report("rows", 14, begun);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view const what = argc > 1 ? argv[1] : "cuts";
  int const given = argc > 2 ? std::atoi(argv[2]) : 0;
  auto const rounds = [&](int usual) { return given > 0 ? given : usual; };
  if (what == "cuts") return cuts(rounds(10'000));
  if (what == "outage") return outage(rounds(600));
  if (what == "failover") return failover(rounds(600));
  if (what == "honest") return honest(rounds(800));
  if (what == "table") return table(rounds(1000));
  fmt::print(stderr, "usage: bench_asr_cuts cuts|outage|failover|honest|table [ROUNDS]\n");
  return 2;
}
