#include "unseen/unseen_score.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

namespace sotto::unseen {

namespace {

bool in_window(std::size_t turn, std::size_t from) { return turn >= from && turn <= from + kTurnsBehind; }

bool fits(ExpectedCue const& expected, ShownCue const& cue) {
  if (cue.answer || cue.rule != expected.rule) return false;
  if (expected.seconds >= 0)
    return cue.at_ms >= expected.seconds * 1000 && cue.at_ms <= expected.seconds * 1000 + kTimeMs;
  return in_window(cue.turn, expected.turn);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Letters and digits alone, in lower case.
std::string bare(std::string_view text) {
  std::string out;
  for (auto const c : lower(text)) {
    if (std::isalnum(static_cast<unsigned char>(c))) out += c;
  }
  return out;
}

std::map<std::string, std::string> const& digit_words() {
  static std::map<std::string, std::string> const words = [] {
    std::map<std::string, std::string> out{{"oh", "0"}, {"o", "0"}, {"nought", "0"}};
    char const* const low[] = {"zero",     "one",     "two",     "three",     "four",     "five",    "six",
                               "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
                               "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    for (std::size_t i = 0; i < std::size(low); ++i) out[low[i]] = std::to_string(i);
    char const* const tens[] = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
    for (std::size_t i = 0; i < std::size(tens); ++i) out[tens[i]] = std::to_string(20 + 10 * i);
    return out;
  }();
  return words;
}

bool is_single(std::string const& digits) { return digits.size() == 1; }
bool is_tens(std::string const& digits) { return digits.size() == 2 && digits[0] > '1' && digits[1] == '0'; }

// Part in whole, in order; others may stand between.
bool within(std::string const& part, std::string const& whole) {
  std::size_t at = 0;
  for (auto const c : whole) at += at < part.size() && part[at] == c;
  return at == part.size();
}

bool has_letters(Dictated const& entity) {
  return std::ranges::any_of(entity.value, [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; });
}

double amount_of(std::string const& value) { return std::strtod(value.c_str(), nullptr); }

std::string last_word(std::string const& text) {
  auto const at = text.rfind(' ');
  return at == std::string::npos ? "" : lower(text.substr(at + 1));
}

}  // namespace

CueScore score_cues(Call const& call, Shown const& shown) {
  CueScore out{.came = {}, .fits = std::vector<Fit>(shown.cues.size(), Fit::wrong)};
  for (std::size_t i = 0; i < shown.cues.size(); ++i) {
    auto const& cue = shown.cues[i];
    auto const by = [&](ExpectedCue const& expected) { return fits(expected, cue); };
    if (cue.answer || std::ranges::any_of(call.may, by)) out.fits[i] = Fit::allowed;
    if (std::ranges::any_of(call.cues, by)) out.fits[i] = Fit::right;
  }
  for (auto const& expected : call.cues) {
    std::size_t before = 0;  // the turn at which the same rule was expected last
    for (auto const& other : call.cues) {
      if (other.rule == expected.rule && other.turn < expected.turn) before = std::max(before, other.turn);
    }
    auto const early = [&](ExpectedCue const& may) {
      return may.rule == expected.rule && may.turn < expected.turn && may.turn > before;
    };
    bool const came = std::ranges::any_of(shown.cues, [&](ShownCue const& cue) {
      return fits(expected, cue) ||
             std::ranges::any_of(call.may, [&](auto const& may) { return early(may) && fits(may, cue); });
    });
    out.came.push_back(came);
  }
  return out;
}

TickScore score_ticks(Call const& call, Shown const& shown) {
  TickScore out;
  for (auto const& expected : call.ticks) {
    out.ticked.push_back(std::ranges::any_of(
        shown.ticks, [&](ShownTick const& tick) { return tick.item == expected.item && tick.turn <= expected.turn; }));
  }
  for (std::size_t i = 0; i < shown.ticks.size(); ++i) {
    if (std::ranges::find(call.ticks, shown.ticks[i].item, &ExpectedTick::item) == call.ticks.end())
      out.wrong.push_back(i);
  }
  return out;
}

AnswerScore score_answers(Call const& call, Shown const& shown) {
  AnswerScore out{.came = std::vector<bool>(call.answers.size()), .fits = {}};
  for (auto const& cue : shown.cues) {
    auto fit = cue.answer ? AnswerFit::unlabelled : AnswerFit::none;
    bool asked = false;
    for (std::size_t i = 0; cue.answer && i < call.answers.size(); ++i) {
      auto const& expected = call.answers[i];
      if (!in_window(cue.turn, expected.turn)) continue;
      asked = true;
      if (cue.file != expected.file || lower(cue.heading) != lower(expected.heading)) continue;
      out.came[i] = true;
      fit = AnswerFit::right;
    }
    bool const none = std::ranges::any_of(call.no_answer, [&](auto turn) { return in_window(cue.turn, turn); });
    if (fit == AnswerFit::unlabelled && asked) fit = AnswerFit::other_passage;
    else if (fit == AnswerFit::unlabelled && none) fit = AnswerFit::no_answer_exists;
    out.fits.push_back(fit);
  }
  return out;
}

bool is_right_passage(Question const& question, ShownAnswer const& answer) {
  return !question.file.empty() && answer.file == question.file && lower(answer.heading) == lower(question.heading);
}

bool holds_all(Question const& question, ShownAnswer const& answer) {
  auto const text = lower(answer.text);
  return !question.must.empty() &&
         std::ranges::all_of(question.must, [&](auto const& must) { return text.contains(lower(must)); });
}

// The version of an article that is not in force holds other words, or the same by chance: only its own file counts.
bool is_right(Question const& question, ShownAnswer const& answer) {
  return is_right_passage(question, answer) || (answer.file == question.file && holds_all(question, answer));
}

bool carries(std::string const& word, std::string const& after, bool letters) {
  static std::set<std::string> const alphabet = {
      "alpha",  "bravo", "charlie", "delta",  "echo",     "foxtrot", "golf",   "hotel",  "india",
      "juliet", "kilo",  "lima",    "mike",   "november", "oscar",   "papa",   "quebec", "romeo",
      "sierra", "tango", "uniform", "victor", "whiskey",  "xray",    "yankee", "zulu"};
  auto const plain = bare(word), next = bare(after);
  if (std::ranges::any_of(plain, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; })) return true;
  if (digit_words().contains(plain) || plain == "hundred" || plain == "thousand") return true;
  if (!letters) return false;
  bool const talk = (plain == "i" && (next == "mean" || next == "tell")) || (plain == "a" && next == "lie");
  return !talk && (plain.size() == 1 || alphabet.contains(plain));
}

bool is_masked(std::string const& shown) { return shown.starts_with('['); }

MaskScore score_mask(Dictated const& entity, std::vector<std::vector<std::string>> const& said,
                     std::vector<std::vector<std::string>> const& shown) {
  MaskScore out;
  bool const letters = has_letters(entity);
  for (auto const& [turn, first, last] : entity.where) {
    auto const& words = said.at(turn - 1);
    for (auto i = first; i <= last; ++i) {
      bool const masked = is_masked(shown.at(turn - 1).at(i - 1));
      out.masked += masked;
      out.visible += !masked && carries(words.at(i - 1), i < words.size() ? words[i] : "", letters);
    }
  }
  return out;
}

std::optional<Dictated> locate(Digits const& digits, std::vector<std::string> const& said) {
  std::optional<Span> best;
  for (std::size_t first = 0; first < said.size(); ++first) {
    std::vector<std::string> part;
    for (auto last = first; last < said.size(); ++last) {
      part.push_back(said[last]);
      if (!within(digits.digits, heard(part))) continue;
      if (!best || last - first < best->last - best->first) best = {digits.turn, first + 1, last + 1};
      break;
    }
  }
  if (!best) return std::nullopt;
  return Dictated{.kind = digits.kind, .slot = digits.kind, .value = digits.digits, .where = {*best}};
}

std::string heard(std::vector<std::string> const& words) {
  auto const& known = digit_words();
  auto const digits = [&](std::size_t i) {
    auto const found = i < words.size() ? known.find(bare(words[i])) : known.end();
    return found == known.end() ? std::string() : found->second;
  };
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto const word = bare(words[i]), own = digits(i), next = digits(i + 1);
    auto const times = word == "double" ? 2U : word == "treble" || word == "triple" ? 3U : 0U;
    if (times > 0 && is_single(next)) {
      out += std::string(times, next[0]);
      ++i;
    } else if (is_tens(own) && is_single(next) && next != "0") {
      out += own.substr(0, 1) + next;
      ++i;
    } else if (word == "hundred") {
      bool const more = i + 1 < words.size() && bare(words[i + 1]) == "and";
      out += !more ? "00" : is_single(digits(i + 2)) ? "0" : "";
    } else if (word == "thousand") {
      bool const more = is_single(next) && i + 2 < words.size() && bare(words[i + 2]) == "hundred";
      out += more ? "" : "000";
    } else if (!own.empty()) {
      out += own;
    } else if (!word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; })) {
      out += word;
    }
  }
  return out;
}

std::string mention_kind(std::string_view kind) {
  static std::map<std::string, std::string, std::less<>> const kinds = {
      {"order", "order"}, {"ticket", "ticket"}, {"phone", "phone"}, {"amount", "money"},
      {"date", "date"},   {"email", "email"},   {"name", "name"},   {"address", "address"}};
  auto const found = kinds.find(kind);
  return found == kinds.end() ? "" : found->second;
}

bool is_value(std::string_view kind, std::string const& wanted, std::string const& got) {
  if (kind == "amount")
    return std::abs(amount_of(wanted) - amount_of(got)) < 0.005 && last_word(wanted) == last_word(got);
  if (kind == "date" || kind == "email") return lower(wanted) == lower(got);
  return bare(wanted) == bare(got);
}

}  // namespace sotto::unseen
