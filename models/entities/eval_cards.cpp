// Card numbers in spoken calls: how many are hidden whole, and how many other numbers are hidden with them. Then calls
// in which account numbers, IBANs and identity numbers are given: the same of these.
//   eval_cards [--seed N] [--calls N] [--show]      seed 1 is for work on the rules, others report
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

#include "entities/dictation_script.h"
#include "entities/figures.h"
#include "language/privacy/card_guard.h"
#include "language/privacy/late_cards.h"
#include "language/privacy/private_guard.h"

namespace sotto::eval {
namespace {

struct Shown {
  std::size_t turn = 0;
  language::GuardedWords words;
  double waited_ms = 0;
};

// What of a final goes on later, and what of it is hidden already.
struct Waiting {
  std::size_t turn = 0;
  Time since;
  std::vector<language::MaskedNumber> hidden;
};

struct Totals {
  long cards = 0, cards_hidden = 0, cards_short = 0, partial_leaks = 0, codes = 0, codes_hidden = 0, others = 0,
       others_hidden = 0, cards_last_four = 0;
  long finals = 0, held = 0;
  // By tag: account numbers, IBANs, identity numbers.
  std::map<Tag, long> given, given_hidden, given_named, given_early;
  double longest_ms = 0;
};

constexpr std::int64_t kWordMs = 330;

// Through the guards as in a call: partials of each turn, finals at their ends, time that passes. What is taken back of
// a final afterwards is hidden in it.
std::vector<Shown> play(Script const& script, std::vector<Shown>& partials) {
  language::CardGuard guard;
  language::PrivateGuard others;
  language::LateCards late;
  std::vector<Shown> shown;
  std::array<std::vector<Waiting>, 2> waiting;
  Time now{std::chrono::seconds(1'700'000'000)};
  std::int64_t at = 0;
  auto const drain = [&] {
    for (auto const& card : guard.cards()) late.learn(card.digits, card.ms);
    for (std::size_t track = 0; track < 2; ++track) {
      while (auto out = guard.take(track, now)) {
        auto const front = waiting[track].front();
        waiting[track].erase(waiting[track].begin());
        language::hide(front.hidden, *out);
        language::hide(late.pass(track, static_cast<std::int64_t>(front.turn), out->texts), *out);
        shown.push_back({front.turn, std::move(*out), to_ms(now - front.since)});
      }
    }
    for (auto const& taken : late.take()) {
      auto const turn = static_cast<std::size_t>(taken.key);
      for (auto const word : taken.words) std::ranges::find(shown, turn, &Shown::turn)->words.texts[word] = "[card]";
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
    std::vector<language::HeardWord> words;
    for (auto const& word : turn.words) {
      words.push_back({word.text, at, at + kWordMs});
      pass(kWordMs);
      if (words.size() % 3 != 0) continue;
      partials.push_back({i, guard.look(turn.track, words, true)});
      auto const hidden = others.look(turn.track, words, true);
      language::hide(hidden, partials.back().words);
      language::hide(late.look(turn.track, language::without(hidden, words)), partials.back().words);
    }
    pass(400);
    auto const hidden = others.push(turn.track, words);
    waiting[turn.track].push_back({i, now, hidden});
    guard.push(turn.track, words, now);
    late.push(turn.track, static_cast<std::int64_t>(i), language::without(hidden, words));
    drain();
  }
  for (std::size_t track = 0; track < 2; ++track) guard.settle(track);
  drain();
  return shown;
}

bool is_private(Tag tag) { return tag == Tag::account || tag == Tag::iban || tag == Tag::identity; }

void print_call(Script const& script, std::vector<Shown> const& shown, char const* why) {
  std::map<std::size_t, language::GuardedWords const*> by_turn;
  for (auto const& one : shown) by_turn[one.turn] = &one.words;
  std::fprintf(stderr, "--- %s\n", why);
  for (std::size_t i = 0; i < script.turns.size(); ++i) {
    std::string said, out;
    for (auto const& word : script.turns[i].words)
      said += word.text + (word.tag == Tag::none   ? " "
                           : word.tag == Tag::card ? "* "
                           : is_private(word.tag)  ? "~ "
                                                   : "_ ");
    for (auto const& word : by_turn[i]->texts) out += word + " ";
    std::fprintf(stderr, "%s: %s\n", script.turns[i].track == 0 ? "C" : "A", said.c_str());
    if (out.find('[') != std::string::npos) std::fprintf(stderr, "   %s\n", out.c_str());
  }
}

// Whether a word is hidden, as what it may be taken for: an account number as one.
bool is_hidden(ScriptWord const& word, std::string const& shown) {
  return shown[0] == '[' && !(word.tag == Tag::account && shown == "[account]");
}

// Account numbers and the like: hidden whole, as what they are, and in the partials too.
void count_private(Script const& script, std::vector<Shown> const& shown, std::vector<Shown> const& partials,
                   Totals& totals, bool show) {
  static std::map<Tag, std::string> const brackets = {
      {Tag::account, "[account]"}, {Tag::iban, "[iban]"}, {Tag::identity, "[identity]"}};
  std::map<int, Tag> tags;
  std::map<int, long> visible, misnamed, early;
  auto const look = [&](std::vector<Shown> const& finals, auto const& each) {
    for (auto const& one : finals) {
      auto const& words = script.turns[one.turn].words;
      for (std::size_t i = 0; i < one.words.texts.size(); ++i) {
        if (is_private(words[i].tag)) each(words[i], one.words.texts[i]);
      }
    }
  };
  look(shown, [&](ScriptWord const& word, std::string const& text) {
    tags[word.item] = word.tag;
    visible[word.item] += text[0] != '[';
    misnamed[word.item] += text != brackets.at(word.tag);
  });
  look(partials, [&](ScriptWord const& word, std::string const& text) { early[word.item] += text[0] != '['; });
  bool wrong = false;
  for (auto const& [item, tag] : tags) {
    ++totals.given[tag];
    totals.given_hidden[tag] += visible[item] == 0;
    totals.given_named[tag] += misnamed[item] == 0;
    totals.given_early[tag] += early[item] > 0;
    wrong = wrong || visible[item] > 0;
  }
  if (!show) return;
  if (wrong) print_call(script, shown, "private number shown");
  for (auto const& one : partials) {
    std::string line;
    bool early_one = false;
    for (std::size_t i = 0; i < one.words.texts.size(); ++i) {
      auto const& word = script.turns[one.turn].words[i];
      early_one = early_one || (is_private(word.tag) && one.words.texts[i][0] != '[');
      line += one.words.texts[i] + " ";
    }
    auto const before = one.turn > 0 ? script.turns[one.turn - 1].said() : std::string();
    if (early_one)
      std::fprintf(stderr, "partial of %s: %s | %s\n", script.turns[one.turn].track == 0 ? "C" : "A", before.c_str(),
                   line.c_str());
  }
}

// `cards`: an account number that is hidden as a card counts as another number that is.
void count(Script const& script, Totals& totals, bool cards, bool show) {
  std::vector<Shown> partials;
  auto const shown = play(script, partials);
  count_private(script, shown, partials, totals, show);
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
      ++(is_hidden(words[i], one.words.texts[i]) ? hidden : visible)[words[i].item];
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
    } else if (tag == Tag::other || (tag == Tag::account && cards)) {
      ++totals.others;
      totals.others_hidden += hidden[item] > 0;
      wrong_other = wrong_other || hidden[item] > 0;
    }
  }
  if (show && wrong_card) print_call(script, shown, "card shown");
  if (show && wrong_code) print_call(script, shown, "code shown");
  if (show && wrong_other) print_call(script, shown, "other hidden");
}

void print_private(std::uint64_t seed, long calls, bool show) {
  Totals totals;
  for (long call = 0; call < calls; ++call) {
    Random random(seed * 2'000'003 + static_cast<std::uint64_t>(call));
    count(make_private_script(random), totals, false, show);
  }
  auto const print = [](std::string const& line) { std::puts(line.c_str()); };
  long given = 0, hidden = 0;
  for (auto const& [tag, name] :
       {std::pair{Tag::account, "account"}, {Tag::iban, "iban"}, {Tag::identity, "identity"}}) {
    auto const more = fmt::format(R"(,"kind":"{}","seed":{})", name, seed);
    auto const n = totals.given[tag];
    print(share("cards", "private_recall_of_kind", totals.given_hidden[tag], n, more));
    print(share("cards", "private_named_right", totals.given_named[tag], n, more));
    print(share("cards", "private_in_a_partial", totals.given_early[tag], n, more));
    given += n;
    hidden += totals.given_hidden[tag];
  }
  auto const seeded = fmt::format(R"(,"seed":{})", seed);
  print(share("cards", "private_recall", hidden, given, R"(,"floor":0.98,"aim":0.995)" + seeded));
  // Numbers that are none of these, in the same calls: orders, phones, sums, dates.
  print(share("cards", "private_over_masking", totals.others_hidden, totals.others,
              R"(,"floor":0.05,"aim":0.01)" + seeded));
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
    count(make_script(random, call % 4 != 3), totals, true, show);
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
  print_private(seed, calls, show);
  return 0;
}

}  // namespace
}  // namespace sotto::eval

int main(int argc, char** argv) { return sotto::eval::run(argc, argv); }
