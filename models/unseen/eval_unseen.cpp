// unseen: the sets of tests/unseen, which nothing was tuned on, through the product's own gate, guide and articles, on
// exact words and under virtual time. How it is scored: tests/unseen/README.md. Prints one JSON object a figure; of
// part `work` it writes build/unseen/report.md, where each miss and each wrong one stands.
//   eval_unseen [work|last] [--heard FILE]      FILE: what was recognised of the calls (unseen_words.py); rules alone
// Reads build/unseen/items.<part>.jsonl, which scripts/eval has numbers/generate.py make.
#include <cstring>
#include <fstream>
#include <random>
#include <utility>

#include <boost/json.hpp>
#include <spdlog/spdlog.h>

#include "adapters/minilm/sentence_encoder.h"
#include "base/json.h"
#include "live/orchestrator/questions.h"
#include "unseen/unseen_numbers.h"
#include "unseen/unseen_play.h"

using namespace sotto;
using namespace sotto::unseen;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

// Each tenant's files as a server finds them.
std::unique_ptr<app::CallReplayRoom> room_of_tenants() {
  auto const folder = fs::temp_directory_path() / fmt::format("sotto-eval-unseen-{}", std::random_device{}());
  for (auto const& tenant : fs::directory_iterator(kSet / "tenants")) {
    auto const name = tenant.path().filename();
    fs::create_directories(folder / "policies" / name);
    fs::copy(tenant.path() / "policies.yaml", folder / "policies" / name / "policies.yaml");
    fs::create_directories(folder / "knowledge");
    fs::copy(tenant.path() / "articles", folder / "knowledge" / name);
  }
  auto room = eval::room(folder / "policies", folder / "knowledge");
  fs::remove_all(folder);
  return room;
}

// --- calls ---

struct Counts {
  long cues = 0, came = 0, right = 0, wrong = 0;
  long ticks = 0, ticked = 0, wrong_ticks = 0;
  long answers = 0, answered = 0, with_context = 0, answered_with_context = 0;
  std::map<AnswerFit, long> answer_fits;
  long calls_without = 0, wrong_rules_without = 0, wrong_answers_without = 0;
  std::vector<double> mind_ms;
};

std::string words_around(Played const& played, std::size_t turn) {
  std::string out;
  for (auto i = turn; i <= turn + kTurnsBehind; ++i) {
    if (auto const said = played.said.find(i); said != played.said.end())
      out += fmt::format("{}{}: \"{}\"", out.empty() ? "" : " ", i, said->second);
  }
  return out;
}

std::string why_not(Played const& played, ExpectedCue const& expected) {
  std::string out;
  for (auto i = expected.turn; i <= expected.turn + kTurnsBehind; ++i) {
    if (auto const why = played.why.find({i, expected.rule}); why != played.why.end())
      out += fmt::format("; at {}: {}", i, why->second);
  }
  return out;
}

long count_rules(Run& run, Call const& call, Played const& played, Counts& counts) {
  auto const score = score_cues(call, played.shown);
  for (std::size_t i = 0; i < call.cues.size(); ++i) {
    auto const& expected = call.cues[i];
    ++counts.cues;
    counts.came += score.came[i];
    if (score.came[i]) continue;
    auto const why = why_not(played, expected);
    auto const* const kind = why.contains("FIRES") ? "cue fired, not shown" : "cue missed";
    run.report.add(kind,
                   fmt::format("{} {} at {}{}", call.id, expected.rule, words_around(played, expected.turn), why));
  }
  long wrong = 0;
  for (std::size_t i = 0; i < score.fits.size(); ++i) {
    auto const& cue = played.shown.cues[i];
    counts.right += score.fits[i] == Fit::right;
    if (score.fits[i] != Fit::wrong) continue;
    ++wrong;
    bool const named = std::ranges::any_of(call.cues, [&](auto const& one) { return one.rule == cue.rule; });
    run.report.add(
        named ? "cue at a wrong time" : "cue that must not come",
        fmt::format("{} {} at {} by {}", call.id, cue.rule, words_around(played, cue.turn), played.because[i]));
  }
  counts.wrong += wrong;
  return wrong;
}

void count_ticks(Run& run, Call const& call, Played const& played, Counts& counts) {
  auto const score = score_ticks(call, played.shown);
  for (std::size_t i = 0; i < call.ticks.size(); ++i) {
    auto const& expected = call.ticks[i];
    if (expected.optional) continue;
    ++counts.ticks;
    counts.ticked += score.ticked[i];
    if (!score.ticked[i])
      run.report.add("tick missed",
                     fmt::format("{} {} at {}", call.id, expected.item, words_around(played, expected.turn)));
  }
  counts.wrong_ticks += static_cast<long>(score.wrong.size());
  for (auto const i : score.wrong) {
    auto const& tick = played.shown.ticks[i];
    run.report.add("tick that nobody said",
                   fmt::format("{} {} at {}", call.id, tick.item, words_around(played, tick.turn)));
  }
}

// What the rules that ask the articles made of a turn.
std::string why_no_answer(Played const& played, std::size_t turn) {
  std::string out;
  for (auto const& [at, verdict] : played.why) {
    if (at.first == turn && at.second.starts_with("knowledge")) out += "; " + verdict;
  }
  return out;
}

long count_answers(Run& run, Call const& call, Played const& played, Counts& counts) {
  static std::map<AnswerFit, char const*> const kinds = {
      {AnswerFit::other_passage, "answer in a call of another passage"},
      {AnswerFit::no_answer_exists, "answer in a call where there is none"},
      {AnswerFit::unlabelled, "answer in a call where the set names none"}};
  auto const score = score_answers(call, played.shown);
  for (std::size_t i = 0; i < call.answers.size(); ++i) {
    auto const& expected = call.answers[i];
    ++(expected.needs_context ? counts.with_context : counts.answers);
    (expected.needs_context ? counts.answered_with_context : counts.answered) += score.came[i];
    if (!score.came[i])
      run.report.add(expected.needs_context ? "answer in a call missed, context needed" : "answer in a call missed",
                     fmt::format("{} {}#{} at {}{}", call.id, expected.file, expected.heading,
                                 words_around(played, expected.turn), why_no_answer(played, expected.turn)));
  }
  long wrong = 0;
  for (std::size_t i = 0; i < score.fits.size(); ++i) {
    ++counts.answer_fits[score.fits[i]];
    auto const kind = kinds.find(score.fits[i]);
    if (kind == kinds.end()) continue;
    ++wrong;
    auto const& cue = played.shown.cues[i];
    run.report.add(kind->second, fmt::format("{} {}#{} at {} by {}", call.id, cue.file, cue.heading,
                                             words_around(played, cue.turn), played.because[i]));
  }
  return wrong;
}

void count_call(Run& run, Call const& call, Played const& played, Counts& counts) {
  auto const wrong_rules = count_rules(run, call, played, counts);
  count_ticks(run, call, played, counts);
  auto const wrong_answers = count_answers(run, call, played, counts);
  if (!call.cues.empty()) return;
  ++counts.calls_without;
  counts.wrong_rules_without += wrong_rules;
  counts.wrong_answers_without += wrong_answers;
}

void print_rules(Run const& run, std::string_view figure, Counts const& counts, std::size_t calls) {
  auto const n = static_cast<double>(calls);
  auto const shown = std::max(1L, counts.right + counts.wrong);
  auto const [low, high] = eval::byar(static_cast<double>(counts.wrong));
  run.share(
      figure, counts.came, counts.cues,
      fmt::format(R"(,"precision":{:.4f},"wrong_per_call":{:.4f},"wrong_per_call_ci95":[{:.4f},{:.4f}],"calls":{})",
                  static_cast<double>(counts.right) / static_cast<double>(shown), static_cast<double>(counts.wrong) / n,
                  low / n, high / n, calls));
}

void print_calls(Run const& run, Counts& counts, std::size_t calls) {
  print_rules(run, "rules_recall", counts, calls);
  run.share(
      "ticks_recall", counts.ticked, counts.ticks,
      fmt::format(R"(,"wrong_per_call":{:.4f})", static_cast<double>(counts.wrong_ticks) / static_cast<double>(calls)));
  print_rate(run, "offtopic_wrong", counts.wrong_rules_without + counts.wrong_answers_without,
             static_cast<std::size_t>(counts.calls_without),
             fmt::format(R"(,"rules":{},"answers":{})", counts.wrong_rules_without, counts.wrong_answers_without));
  run.share("answers_in_calls", counts.answered, counts.answers, R"(,"needs_context":false)");
  run.share("answers_in_calls", counts.answered_with_context, counts.with_context, R"(,"needs_context":true)");
  auto& fits = counts.answer_fits;
  auto const wrong = fits[AnswerFit::other_passage] + fits[AnswerFit::no_answer_exists] + fits[AnswerFit::unlabelled];
  print_rate(run, "answers_wrong_in_calls", wrong, calls,
             fmt::format(R"(,"other_passage":{},"no_answer_exists":{},"unlabelled":{})", fits[AnswerFit::other_passage],
                         fits[AnswerFit::no_answer_exists], fits[AnswerFit::unlabelled]));
  auto const& costs = counts.mind_ms;
  auto const mean = [&](std::vector<std::size_t> const& sample) {
    double sum = 0;
    for (auto const i : sample) sum += costs[i];
    return sum / static_cast<double>(std::max<std::size_t>(1, sample.size()));
  };
  std::vector<std::size_t> all(costs.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  fmt::print(R"({{"bench":"unseen","figure":"mind_ms","value":{:.4f},"unit":"ms","n":{}{}{}}})"
             "\n",
             mean(all), costs.size(), eval::bootstrapped(costs.size(), mean), run.keys());
}

// Digits of calls that must be hidden, or stay.
void count_digits(Run& run, std::vector<Call> const& calls) {
  long hidden = 0, to_hide = 0, kept_hidden = 0, to_keep = 0;
  for (auto const& call : calls) {
    std::vector<std::vector<std::string>> said, shown(call.turns.size());
    for (auto const& turn : call.turns) said.push_back(words_of(turn.text));
    for (auto& passed : through_gate(call.id, call.started, exact_words(call.turns))) {
      for (auto const word : passed.taken_back) shown[passed.turn - 1][word] = "[card]";
      if (passed.taken_back.empty()) shown[passed.turn - 1] = std::move(passed.shown);
    }
    auto const score = [&](Digits const& digits) {
      auto const place = locate(digits, said.at(digits.turn - 1));
      if (!place) fmt::print(stderr, "{}: no word of turn {} says its digits\n", call.id, digits.turn);
      return place ? score_mask(*place, said, shown) : MaskScore{};
    };
    auto const line = [&](Digits const& digits) {
      std::string out;
      for (auto const& word : shown.at(digits.turn - 1)) out += word + " ";
      return fmt::format("{} {} at {}: {}", call.id, digits.kind, digits.turn, out);
    };
    for (auto const& digits : call.hidden) {
      bool const good = score(digits).visible == 0;
      hidden += good;
      ++to_hide;
      if (!good) run.report.add("digits in a call that can be read", line(digits));
    }
    for (auto const& digits : call.readable) {
      bool const lost = score(digits).masked > 0;
      kept_hidden += lost;
      ++to_keep;
      if (lost) run.report.add("digits in a call that should stay", line(digits));
    }
  }
  run.share("hidden_in_calls", hidden, to_hide);
  run.share("over_masking_in_calls", kept_hidden, to_keep);
}

void score_calls(Run& run) {
  auto const calls = load_calls(kSet / "calls", run.part);
  Counts counts;
  bool const explains = run.part == "work";
  for (auto const& call : calls) {
    auto const finals = exact_words(call.turns);
    auto played = play(*run.room, call.id, call.tenant, call.started, finals, false);
    counts.mind_ms.insert(counts.mind_ms.end(), played.mind_ms.begin(), played.mind_ms.end());
    if (explains) played = play(*run.room, call.id, call.tenant, call.started, finals, true);
    count_call(run, call, played, counts);
  }
  print_calls(run, counts, calls.size());
  count_digits(run, calls);
}

// --- what was recognised of the calls ---

// Words without times of their own are spread over the time that they took.
std::vector<Word> spread(json::value const& text, std::int64_t from_ms, std::int64_t to_ms) {
  std::vector<Word> out;
  auto const words = words_of(std::string(text.as_string()));
  auto const step = (to_ms - from_ms) / std::max<std::int64_t>(1, std::ssize(words));
  for (auto const& word : words) {
    out.push_back({word, from_ms, from_ms + step});
    from_ms += step;
  }
  return out;
}

std::vector<Final> finals_of(json::array const& list) {
  std::vector<Final> out;
  for (auto const& value : list) {
    auto const& row = value.as_object();
    auto const number = [&](char const* key) { return row.at(key).to_number<std::int64_t>(); };
    Final final{.turn = static_cast<std::size_t>(number("turn")),
                .track = row.at("track").as_string() == "agent" ? Track::agent : Track::customer,
                .words = {},
                .start_ms = number("start_ms"),
                .end_ms = number("end_ms"),
                .heard_ms = number("at_ms")};
    final.words = spread(row.at("text"), final.start_ms, final.end_ms);
    if (final.words.empty()) continue;
    if (auto const* corrected = row.if_contains("corrected")) {
      final.corrected = spread(*corrected, final.start_ms, final.end_ms);
      final.corrected_ms = number("corrected_ms");
    }
    out.push_back(std::move(final));
  }
  return out;
}

void score_heard(Run& run, fs::path const& file) {
  std::map<std::string, std::vector<Final>> heard;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    auto const row = json::parse(line).as_object();
    heard[std::string(row.at("id").as_string())] = finals_of(row.at("finals").as_array());
  }
  auto const calls = load_calls(kSet / "calls", run.part);
  Counts counts;
  for (auto const& call : calls)
    count_call(run, call, play(*run.room, call.id, call.tenant, call.started, heard.at(call.id), run.part == "work"),
               counts);
  print_rules(run, "rules_live_recall", counts, calls.size());
  run.share("answers_live_in_calls", counts.answered, counts.answers, R"(,"needs_context":false)");
  run.report.write(kOut / "report_live.md");
}

// --- questions ---

struct Asked {
  std::optional<ShownAnswer> answer;
  std::string first;  // the article of the nearest passage
};

// As a call asks: each reading of the words, of which the best answer counts.
Asked ask(Question const& question, knowledge::KnowledgeBase const& base, SentenceEncoder const& encoder) {
  std::vector<Word> words;
  for (auto const& word : words_of(question.asked)) words.push_back({word});
  auto const readings = orchestrator::readings(question.asked, words);
  knowledge::Vectors vectors;
  for (auto const& reading : readings) vectors[reading] = encoder.encode(reading).value();
  knowledge::Reader const reader{.today = std::chrono::floor<std::chrono::days>(question.day)};
  Asked out;
  double best = -1;
  for (auto const& reading : readings) {
    auto const ranked = base.rank(reading, vectors[reading], "*", reader, 1);
    if (ranked.empty() || ranked.front().score <= best) continue;
    best = ranked.front().score;
    out.first = ranked.front().passage->file;
  }
  if (auto const answer = base.ask(readings, vectors, "*", reader, reading_by(encoder)))
    out.answer = {answer->source.file, answer->source.heading, answer->headline + "\n" + answer->body};
  return out;
}

// Said in a call, behind the agent's greeting. `why`: what the rule that asks the articles made of it.
std::optional<ShownAnswer> ask_in_call(Run& run, Question const& question, std::string& why) {
  auto const finals =
      exact_words({{Track::agent, "Hello, how can I help you today?"}, {Track::customer, question.asked}});
  auto const played = play(*run.room, "question", question.tenant, question.day, finals, run.part == "work");
  why = why_no_answer(played, 2);
  for (std::size_t i = 0; i < played.shown.cues.size(); ++i) {
    auto const& cue = played.shown.cues[i];
    if (cue.answer) return ShownAnswer{cue.file, cue.heading, played.answer_texts[i]};
  }
  return std::nullopt;
}

struct AnswerCounts {
  long answerable = 0, unanswerable = 0, right = 0, words = 0, wrong = 0, missed = 0, wrong_unanswerable = 0;

  void add(Run& run, Question const& question, std::optional<ShownAnswer> const& answer, std::string const& where,
           std::string const& why = "") {
    auto const got = answer ? fmt::format("{}#{}", answer->file, answer->heading) : "none";
    auto const line = fmt::format("{} \"{}\" -> {}; {}", question.tenant, question.asked, got,
                                  question.file.empty() ? "none answers" : question.file + "#" + question.heading);
    if (question.file.empty()) {
      ++unanswerable;
      wrong_unanswerable += answer.has_value();
      if (answer) run.report.add("question without an answer, answered" + where, line);
      return;
    }
    ++answerable;
    bool const good = answer && is_right(question, *answer);
    right += good;
    words += answer && holds_all(question, *answer);
    missed += !answer;
    wrong += answer && !good;
    if (!answer) run.report.add("question missed" + where, line + why);
    else if (!good) run.report.add("question answered wrongly" + where, line);
    else if (!holds_all(question, *answer)) run.report.add("right passage, words cut off" + where, line);
  }
  void print(Run const& run, std::string const& behind) const {
    run.share("right" + behind, right, answerable);
    run.share("right_words" + behind, words, answerable);
    run.share("wrong" + behind, wrong, answerable);
    run.share("missed" + behind, missed, answerable);
    run.share("wrong_unanswerable" + behind, wrong_unanswerable, unanswerable);
  }
};

void score_questions(Run& run) {
  auto const encoder = SentenceEncoder::load(".cache/minilm").value();
  AnswerCounts asked, in_call;
  long hit1 = 0;
  for (auto const& question : load_questions(kSet / "questions.yaml", run.part)) {
    auto const found = ask(question, *run.room->knowledge(question.tenant), encoder);
    hit1 += !question.file.empty() && found.first == question.file;
    if (!question.file.empty() && found.first != question.file)
      run.report.add("another article first", fmt::format("{} \"{}\": {} before {}", question.tenant, question.asked,
                                                          found.first, question.file));
    asked.add(run, question, found.answer, "");
    std::string why;
    auto const shown = ask_in_call(run, question, why);
    in_call.add(run, question, shown, ", in a call", why);
  }
  run.share("hit1", hit1, asked.answerable);
  asked.print(run, "");
  in_call.print(run, "_in_call");
}

}  // namespace

int main(int argc, char** argv) try {
  spdlog::set_level(spdlog::level::warn);
  std::string part = "work", heard;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--heard") == 0 && i + 1 < argc) heard = argv[++i];
    else part = argv[i];
  }
  if (part != "work" && part != "last") {
    fmt::print(stderr, "Usage: eval_unseen [work|last] [--heard FILE]\n");
    return 2;
  }
  Run run{.part = part, .report = Report(part == "work"), .room = room_of_tenants()};
  if (!heard.empty()) {
    score_heard(run, heard);
    return 0;
  }
  score_calls(run);
  score_questions(run);
  score_numbers(run);
  run.report.write(kOut / "report.md");
  return 0;
} catch (std::exception const& error) {
  fmt::print(stderr, "eval_unseen: {}\n", error.what());
  return 1;
}
