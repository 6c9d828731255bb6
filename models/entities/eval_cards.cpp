// Card numbers in spoken calls: how many are hidden whole, and how many other numbers are hidden with them.
//   eval_cards [--seed N] [--calls N] [--show]      seed 1 is for work on the rules, others report
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

#include "entities/dictation_script.h"
#include "entities/figures.h"
#include "text/card_guard.h"

namespace sotto::eval {
namespace {

struct Shown {
  std::size_t turn = 0;
  text::GuardedWords words;
  double waited_ms = 0;
};

struct Totals {
  long cards = 0, cards_hidden = 0, cards_short = 0, partial_leaks = 0, codes = 0, codes_hidden = 0, others = 0,
       others_hidden = 0, cards_last_four = 0;
  long finals = 0, held = 0;
  double longest_ms = 0;
};

constexpr std::int64_t word_ms = 330;

// Through the guard as in a call: partials of each turn, finals at their ends, time that passes.
std::vector<Shown> play(Script const& script, std::vector<text::GuardedWords>& partials) {
  text::CardGuard guard;
  std::vector<Shown> shown;
  std::array<std::vector<std::pair<std::size_t, Time>>, 2> waiting;
  Time now{std::chrono::seconds(1'700'000'000)};
  std::int64_t at = 0;
  auto const drain = [&] {
    for (std::size_t track = 0; track < 2; ++track) {
      while (auto out = guard.take(track, now)) {
        auto const [turn, since] = waiting[track].front();
        waiting[track].erase(waiting[track].begin());
        shown.push_back({turn, std::move(*out), to_ms(now - since)});
      }
    }
  };
  auto const pass = [&](std::int64_t ms) {
    for (std::int64_t left = ms; left > 0; left -= 100) {
      now += Duration(100'000);
      drain();
    }
    at += ms;
  };
  for (std::size_t i = 0; i < script.turns.size(); ++i) {
    auto const& turn = script.turns[i];
    pass(turn.pause_ms);
    std::vector<text::HeardWord> words;
    for (auto const& word : turn.words) {
      words.push_back({word.text, at, at + word_ms});
      pass(word_ms);
      if (words.size() % 3 == 0) partials.push_back(guard.look(turn.track, words, true));
    }
    pass(400);
    waiting[turn.track].emplace_back(i, now);
    guard.push(turn.track, words, now);
    drain();
  }
  for (std::size_t track = 0; track < 2; ++track) guard.settle(track);
  drain();
  return shown;
}

void print_call(Script const& script, std::vector<Shown> const& shown, char const* why) {
  std::map<std::size_t, text::GuardedWords const*> by_turn;
  for (auto const& one : shown) by_turn[one.turn] = &one.words;
  std::fprintf(stderr, "--- %s\n", why);
  for (std::size_t i = 0; i < script.turns.size(); ++i) {
    std::string said, out;
    for (auto const& word : script.turns[i].words)
      said += word.text + (word.tag == Tag::none ? " " : word.tag == Tag::card ? "* " : "_ ");
    for (auto const& word : by_turn[i]->texts) out += word + " ";
    std::fprintf(stderr, "%s: %s\n", script.turns[i].track == 0 ? "C" : "A", said.c_str());
    if (out.find('[') != std::string::npos) std::fprintf(stderr, "   %s\n", out.c_str());
  }
}

void count(Script const& script, Totals& totals, bool show) {
  std::vector<text::GuardedWords> partials;
  auto const shown = play(script, partials);
  std::map<int, Tag> tags;
  std::map<int, int> visible, hidden, bracketed;
  for (auto const& one : shown) {
    ++totals.finals;
    totals.held += one.waited_ms > 50;
    totals.longest_ms = std::max(totals.longest_ms, one.waited_ms);
    auto const& words = script.turns[one.turn].words;
    if (words.size() != one.words.texts.size()) std::abort();
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i].tag == Tag::none) continue;
      tags[words[i].item] = words[i].tag;
      ++(one.words.texts[i][0] == '[' ? hidden : visible)[words[i].item];
    }
  }
  bool wrong_card = false, wrong_other = false, wrong_code = false;
  for (auto const& [item, tag] : tags) {
    if (tag == Tag::card) {
      ++totals.cards;
      totals.cards_hidden += visible[item] == 0;
      totals.cards_short += visible[item] <= 4;
      wrong_card = wrong_card || visible[item] > 0;
    } else if (tag == Tag::cvv) {
      ++totals.codes;
      totals.codes_hidden += visible[item] == 0;
      wrong_code = wrong_code || visible[item] > 0;
    } else {
      ++totals.others;
      totals.others_hidden += hidden[item] > 0;
      wrong_other = wrong_other || hidden[item] > 0;
    }
  }
  if (show && wrong_card) print_call(script, shown, "card shown");
  if (show && wrong_code) print_call(script, shown, "code shown");
  if (show && wrong_other) print_call(script, shown, "other hidden");
}

int run(int argc, char** argv) {
  std::uint64_t seed = 2;
  long calls = 4000;
  bool show = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) seed = std::strtoull(argv[++i], nullptr, 10);
    else if (std::strcmp(argv[i], "--calls") == 0 && i + 1 < argc) calls = std::strtol(argv[++i], nullptr, 10);
    else if (std::strcmp(argv[i], "--show") == 0) show = true;
  }
  Totals totals;
  for (long call = 0; call < calls; ++call) {
    Random random(seed * 1'000'003 + static_cast<std::uint64_t>(call));
    count(make_script(random, call % 4 != 3), totals, show);
  }
  auto const print = [](std::string const& line) { std::puts(line.c_str()); };
  auto const seeded = fmt::format(R"(,"seed":{})", seed);
  print(share("cards", "recall", totals.cards_hidden, totals.cards, R"(,"floor":0.998,"aim":0.9995)" + seeded));
  print(share("cards", "recall_all_but_4_words", totals.cards_short, totals.cards, seeded));
  print(share("cards", "cvv_recall", totals.codes_hidden, totals.codes, R"(,"floor":0.995,"aim":0.999)" + seeded));
  print(share("cards", "over_masking", totals.others_hidden, totals.others, R"(,"floor":0.05,"aim":0.01)" + seeded));
  print(share("cards", "finals_held", totals.held, totals.finals, seeded));
  print(fmt::format(R"({{"bench":"cards","figure":"longest_hold","value":{:.0f},"unit":"ms","n":{}{}}})",
                    totals.longest_ms, totals.finals, seeded));
  return 0;
}

}  // namespace
}  // namespace sotto::eval

int main(int argc, char** argv) { return sotto::eval::run(argc, argv); }
