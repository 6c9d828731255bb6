#include "language/privacy/private_guard.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "language/numbers/iban.h"
#include "language/numbers/incidental.h"
#include "language/numbers/number_context.h"
#include "language/numbers/spoken.h"

namespace sotto::language {
namespace {

constexpr std::int64_t kContextMs = 90'000;  // what was asked for is answered within this
constexpr std::int64_t kPauseMs = 30'000;    // one dictation is not interrupted longer
constexpr std::int64_t kKnownMs = 300'000;   // read back, or said once more
constexpr std::int64_t kTouchMs = 300;       // two readings of one word lie this near
constexpr std::size_t kSaidMax = 100, kTalkMax = 16, kHiddenMax = 64, kNumberMax = 40;
constexpr std::size_t kAnotherNumber = 4;  // so many digits that are not hidden are another number
constexpr std::size_t kTalkWords = 4;      // so many words of one final are about something else
constexpr std::size_t kAnswerWords = 3;    // an answer has no more beside its digits: "yes of course, it's"

using Folded = std::vector<std::string>;

// Between digits and the context behind them: "... is my account number".
std::unordered_set<std::string_view> const joins = {"that's", "thats", "that", "is",   "was", "it's",    "its",
                                                    "the",    "my",    "our",  "your", "his", "her",     "their",
                                                    "as",     "being", "bank", "a",    "uk",  "us",      "savings",
                                                    "it",     "so",    "okay", "yes",  "for", "current", "checking"};

bool ends_sentence(std::string const& word) {
  return word.ends_with('.') || word.ends_with('?') || word.ends_with('!');
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Nine digits that the SSA may have issued; a national insurance number; else letters and digits as of a passport.
bool identity_shape(std::string_view text) {
  if (text.size() == 9 && all_digits(text)) {
    auto const area = text.substr(0, 3);
    if (area != "000" && area != "666" && area[0] != '9' && text.substr(3, 2) != "00" && text.substr(5) != "0000")
      return true;
  }
  auto const letter = [&](std::size_t i) { return text[i] >= 'A' && text[i] <= 'Z'; };
  if (text.size() == 9 && letter(0) && letter(1) && all_digits(text.substr(2, 6)))
    return text[8] >= 'A' && text[8] <= 'D' && !std::string_view("DFIQUV").contains(text[0]) &&
           !std::string_view("DFIOQUV").contains(text[1]);
  return text.size() >= 6 && text.size() <= 18 && (text.size() != 9 || !all_digits(text) || text[0] == '9');
}

bool has_shape(MaskedNumber::Kind kind, std::string_view text) {
  if (kind == MaskedNumber::Kind::iban) return iban(text);
  if (kind == MaskedNumber::Kind::identity) return identity_shape(text);
  return text.size() >= 6 && text.size() <= 17 && all_digits(text);
}

// Pieces [from, end) of a run as one of its own.
SpelledRun cut(SpelledRun const& run, std::size_t from, std::size_t end) {
  SpelledRun out{.first = run.pieces[from].first, .last = run.pieces[end - 1].last};
  auto const stop = end < run.pieces.size() ? run.pieces[end].at : run.text.size();
  out.text = run.text.substr(run.pieces[from].at, stop - run.pieces[from].at);
  out.words_before = run.words_before;
  for (auto i = from; i < end; ++i) {
    out.pieces.push_back(run.pieces[i]);
    out.pieces.back().at -= run.pieces[from].at;
  }
  return out;
}

// Pieces of a run that are an IBAN; [0, 0) where none are.
std::pair<std::size_t, std::size_t> iban_in(SpelledRun const& run) {
  if (run.corrected) {
    return iban(run.text) ? std::pair<std::size_t, std::size_t>(0, run.pieces.size())
                          : std::pair<std::size_t, std::size_t>();
  }
  std::string_view const text(run.text);
  for (std::size_t from = 0; from < run.pieces.size(); ++from) {
    auto const at = run.pieces[from].at;
    if (!(text[at] >= 'A' && text[at] <= 'Z')) continue;
    for (auto end = from + 1; end <= run.pieces.size(); ++end) {
      auto const stop = end < run.pieces.size() ? run.pieces[end].at : text.size();
      if (stop - at > kIbanMax) break;
      if (iban(text.substr(at, stop - at))) return {from, end};
    }
  }
  return {};
}

}  // namespace

std::vector<MaskedNumber> PrivateGuard::push(std::size_t track, std::vector<HeardWord> const& words) {
  return read(track, words, false, {});
}

std::vector<MaskedNumber> PrivateGuard::look(std::size_t track, std::vector<HeardWord> const& words,
                                             bool partial) const {
  if (words.empty()) return {};
  PrivateGuard copy(*this);
  auto const from = words.front().start_ms, to = words.back().end_ms;
  auto const again = [&](auto const& one, std::int64_t start, std::int64_t end) {
    return one.track == track && end > from && (partial || start < to);
  };
  std::vector<Hidden> before;
  std::erase_if(copy.hidden_, [&](Hidden const& one) {
    if (!again(one, one.start_ms, one.end_ms)) return false;
    before.push_back(one);
    return true;
  });
  std::erase_if(copy.said_, [&](Said const& one) { return again(one, one.ms, one.ms + 1); });
  std::erase_if(copy.talk_, [&](Talk const& one) { return again(one, one.ms, one.ms + 1); });
  return copy.read(track, words, partial, before);
}

std::vector<MaskedNumber> PrivateGuard::read(std::size_t track, std::vector<HeardWord> const& words, bool partial,
                                             std::vector<Hidden> const& before) {
  std::vector<MaskedNumber> out;
  if (words.empty()) return out;
  auto const reading = prepare(track, words, partial);
  for (auto const& context : reading.contexts)
    said_.insert(std::ranges::upper_bound(said_, context.ms, {}, &Said::ms), context);
  bool const asks = words.back().text.ends_with('?') && reading.others >= 2 && reading.runs.empty();
  if (reading.contexts.empty() && (reading.others >= kTalkWords || asks))
    note_talk(track, words.back().start_ms, false);
  for (auto const& run : reading.runs) {
    auto const [from, end] = iban_in(run);
    if (end == 0 || !on(Kind::iban)) {
      judge(reading, run, before, out);
      continue;
    }
    if (from > 0) judge(reading, cut(run, 0, from), before, out);
    bool const all = from == 0 && end == run.pieces.size();
    out.push_back(hide(reading, all ? run : cut(run, from, end), Kind::iban, nullptr));
    if (end < run.pieces.size()) judge(reading, cut(run, end, run.pieces.size()), before, out);
  }
  forget(words.back().end_ms);
  return out;
}

void PrivateGuard::note_talk(std::size_t track, std::int64_t ms, bool number) {
  talk_.insert(std::ranges::upper_bound(talk_, ms, {}, &Talk::ms), {track, number, ms});
  if (talk_.size() > kTalkMax) talk_.pop_front();
}

// Whether digits, or letters too, may follow without more words: they were asked for, or are being said.
Awaited PrivateGuard::awaited(std::size_t track, std::vector<HeardWord> const& words,
                              std::vector<Said> const& contexts) const {
  auto const ms = words.front().start_ms;
  Said const* topic = nullptr;
  for (auto const& said : said_) {
    if (said.ms <= ms && ms - said.ms <= kContextMs) topic = &said;
  }
  auto const* last = newest(track, ms);
  if (topic && answered(*topic) >= topic->need &&
      (!last || ms - last->end_ms > kPauseMs || talked(track, last->end_ms, ms))) {
    topic = nullptr;
  }
  if (!contexts.empty()) topic = &contexts.back();
  if (!topic || topic->topic >= Topic::last_four) return {};
  return {.digits = true, .letters = topic->topic != Topic::account};
}

PrivateGuard::Reading PrivateGuard::prepare(std::size_t track, std::vector<HeardWord> const& words, bool partial) {
  Reading out{.track = track, .words = words, .final = ++finals_, .partial = partial};
  for (auto const& word : words) out.folded.push_back(is_mask(word.text) ? std::string() : fold(word.text));
  std::vector<bool> taken(words.size());
  auto const found = find_number_contexts(out.folded);
  for (auto const& context : found) {
    for (auto i = context.first; i <= context.last; ++i) taken[i] = true;
  }
  std::vector<std::size_t> stops{0};  // ends of sentences and digits before each word
  for (auto const& word : words)
    stops.push_back(stops.back() + (ends_sentence(word.text) || numeric(read_word(word.text))));
  for (auto const& context : found) {
    auto const& head = out.folded[context.first];
    Said said{.track = track, .word = context.first, .ms = words[context.first].start_ms, .final = out.final};
    if (context.context == NumberContext::account) {
      said.topic = Topic::account;
      said.sure = context.number || head == "sort";
      said.need = head == "sort" ? 6 : 7;
    } else if (context.context == NumberContext::iban) {
      said.topic = Topic::iban;
      said.sure = true;
      said.need = kIbanMin;
    } else if (context.context == NumberContext::identity) {
      said.topic = Topic::identity;
      auto const next = context.last + 1 < words.size() ? std::string_view(out.folded[context.last + 1]) : "";
      bool const named = next.empty() || next == "is" || next == "please";  // "what's your social?"
      said.sure = context.number || named || head == "ssn" || head == "s" || head == "tax";
      said.need = 8;
    } else if (context.context == NumberContext::last_four) {
      said.topic = Topic::last_four;
    }
    // "your account number, when you have it", "the IBAN of that account": one question, which the first of them asks.
    bool const weaker = said.topic == Topic::other || (said.topic == Topic::account && !said.sure);
    bool const same_sentence = !out.contexts.empty() && out.contexts.back().sure && weaker &&
                               context.context != NumberContext::card && context.context != NumberContext::cvv &&
                               stops[out.contexts.back().word] == stops[context.first];
    if (!same_sentence) out.contexts.push_back(said);
  }
  auto const characters = read_spelled(words, out.folded, taken, awaited(track, words, out.contexts));
  out.runs = runs_of(characters);
  for (auto const& character : characters)
    out.others += character.kind == SpelledCharacter::Kind::other && !taken[character.first];
  return out;
}

void PrivateGuard::forget(std::int64_t now_ms) {
  while (said_.size() > kSaidMax) said_.pop_front();
  while (!hidden_.empty() && (hidden_.size() > kHiddenMax || hidden_.front().end_ms < now_ms - kKnownMs)) {
    hidden_.pop_front();
  }
}

bool PrivateGuard::on(Kind kind) const {
  if (kind == Kind::account) return kinds_.account;
  if (kind == Kind::iban) return kinds_.iban;
  return kind == Kind::identity && kinds_.identity;
}

// --- what a run of digits and letters is ---

void PrivateGuard::judge(Reading const& reading, SpelledRun const& run, std::vector<Hidden> const& before,
                         std::vector<MaskedNumber>& out) {
  auto const start = reading.words[run.first].start_ms, end = reading.words[run.last].end_ms;
  auto const* topic = topic_of(reading, run);
  for (auto const& old : before) {
    if (start >= old.end_ms + kTouchMs || old.start_ms >= end + kTouchMs) continue;
    return out.push_back(hide(reading, run, old.kind, topic));
  }
  if (auto const* number = known(reading, run, topic)) {
    hidden_.push_back({.track = reading.track,
                       .start_ms = start,
                       .end_ms = end,
                       .final = reading.final,
                       .number = number->number,
                       .kind = number->kind,
                       .text = run.text,
                       .echo = true});
    out.push_back({.kind = hidden_.back().kind, .first = run.first, .last = run.last});
    return;
  }
  if (auto const kind = kind_of(reading, run, topic); kind && on(*kind))
    out.push_back(hide(reading, run, *kind, topic));
  else if (run.text.size() >= kAnotherNumber) note_talk(reading.track, start, true);
}

PrivateGuard::Said const* PrivateGuard::topic_of(Reading const& reading, SpelledRun const& run) const {
  auto const start = reading.words[run.first].start_ms;
  for (auto at = said_.rbegin(); at != said_.rend(); ++at) {
    bool const before = at->final == reading.final ? at->word < run.first : at->ms <= start;
    if (!before) continue;
    if (start - at->ms > kContextMs) return nullptr;
    // "the last four of your social", "my social, ending in ...": never shown.
    if (at->topic == Topic::last_four && std::next(at) != said_.rend() && std::next(at)->final == at->final &&
        std::next(at)->topic == Topic::identity) {
      return &*std::next(at);
    }
    return &*at;
  }
  return nullptr;
}

std::optional<PrivateGuard::Kind> PrivateGuard::kind_of(Reading const& reading, SpelledRun const& run,
                                                        Said const* topic) const {
  static constexpr std::array kinds = {Kind::account, Kind::iban, Kind::identity};
  auto const kind = [](Said const& said) { return kinds[static_cast<std::size_t>(said.topic)]; };
  if (auto const* behind = said_behind(reading, run)) return kind(*behind);
  if (!topic || topic->topic == Topic::last_four || topic->topic == Topic::other) {
    bool const head = reading.partial && begins_iban(run.text) && run.text.size() >= 8;
    return head ? std::optional(Kind::iban) : std::nullopt;
  }
  return answers(reading, run, *topic) ? std::optional(kind(*topic)) : std::nullopt;
}

// The context behind the digits: "one two three four five is my account number".
PrivateGuard::Said const* PrivateGuard::said_behind(Reading const& reading, SpelledRun const& run) const {
  constexpr std::size_t far = 6;
  auto const context = std::ranges::upper_bound(reading.contexts, run.last, {}, &Said::word);
  if (context == reading.contexts.end() || context->topic >= Topic::last_four || context->word - run.last > far)
    return nullptr;
  if (run.text.size() < (context->sure ? 4 : 6)) return nullptr;
  for (auto i = run.last + 1; i < context->word; ++i) {
    if (!joins.contains(reading.folded[i])) return nullptr;
  }
  return &*context;
}

// Of digits after a context: they are what it asks for, or go on with it.
bool PrivateGuard::answers(Reading const& reading, SpelledRun const& run, Said const& topic) const {
  constexpr std::size_t near_words = 6;
  auto const n = run.text.size(), got = answered(topic);
  bool const bare = reading.others <= kAnswerWords;
  bool const near = topic.final == reading.final && run.first - topic.word <= near_words;
  auto const start = reading.words[run.first].start_ms;
  auto const* last = newest(reading.track, start);
  auto const gap = last ? start - last->end_ms : kPauseMs;
  if (got < topic.need) {
    bool const soon = n >= 2 && (near || run.words_before <= kAnswerWords || (got > 0 && gap < kPauseMs));
    if (topic.sure) return reading.partial || n >= 4 || bare || soon;
    bool const asked = topic.track != reading.track && reading.others == 0;
    return n >= 6 || (bare && n >= (got > 0 || asked ? 1 : 3)) || (near && n >= (reading.partial ? 3 : 5));
  }
  if (gap >= kPauseMs || talked(reading.track, last->end_ms, start)) return false;
  if (run.takes_back > 0) return true;
  bool const same = last->final == reading.final;  // "... four, did you get that, five six"
  if (same) return run.words_before <= kAnswerWords && (run.words_behind == 0 || run.words_before == 0);
  return reading.others == 0 || (run.words_before <= 1 && n >= 2 && run.words_behind <= (n >= 3 ? kAnswerWords : 0));
}

// Read back, or said once more.
PrivateGuard::Hidden const* PrivateGuard::known(Reading const& reading, SpelledRun const& run,
                                                Said const* topic) const {
  constexpr std::int64_t echo_ms = 15'000;
  auto const start = reading.words[run.first].start_ms;
  auto const n = run.text.size();
  for (auto at = hidden_.rbegin(); at != hidden_.rend(); ++at) {
    auto const& one = *at;
    if (one.echo || start - one.end_ms > kKnownMs) continue;
    bool const newest =
        std::none_of(hidden_.rbegin(), at, [&](auto const& o) { return o.number == one.number && !o.echo; });
    if (!newest) continue;
    bool const turned = topic && topic->ms > one.end_ms;
    bool const mine = one.track == reading.track;
    // Still being said: this is the next part of it.
    if (mine && topic && !turned && answered(*topic) < topic->need) continue;
    bool const ending = topic && topic->topic == Topic::last_four;
    if (ending && turned && n <= 4 && one.kind != Kind::identity) continue;
    bool const elsewhere = turned && topic->topic == Topic::other;
    auto const all = whole(one.number);
    if (n >= (elsewhere ? 6 : 4) && all.contains(run.text)) return &one;
    if (all.size() >= 6 && n <= kNumberMax && run.text.contains(all)) return &one;
    bool const echo = !mine && !turned && start - one.end_ms < echo_ms && reading.others <= kAnswerWords;
    if (echo && (n >= 2 || all.ends_with(run.text))) return &one;
    if (reading.partial && !turned && start - one.end_ms < kPauseMs && all.starts_with(run.text)) return &one;
  }
  return nullptr;
}

// The newest that was hidden on this track.
PrivateGuard::Hidden const* PrivateGuard::newest(std::size_t track, std::int64_t ms) const {
  auto const found = std::find_if(hidden_.rbegin(), hidden_.rend(),
                                  [&](Hidden const& one) { return one.track == track && one.end_ms <= ms + kTouchMs; });
  return found == hidden_.rend() ? nullptr : &*found;
}

// How many digits have been hidden since the context; those read back answer only who named them.
std::size_t PrivateGuard::answered(Said const& topic) const {
  std::size_t n = 0;
  for (auto const& one : hidden_) {
    if (one.echo && one.track != topic.track) continue;
    if (one.final > topic.final || (one.final == topic.final && (one.behind || one.start_ms >= topic.ms))) {
      n += one.text.size() - std::min(one.text.size(), one.takes_back);
    }
  }
  return n;
}

// The other party said something that is no nod, or either another number.
bool PrivateGuard::talked(std::size_t not_by, std::int64_t from, std::int64_t to) const {
  return std::ranges::any_of(
      talk_, [&](Talk const& one) { return (one.number || one.track != not_by) && one.ms >= from && one.ms <= to; });
}

// All digits of a number, corrections done.
std::string PrivateGuard::whole(std::uint64_t number) const {
  std::string out;
  for (auto const& one : hidden_) {
    if (one.number != number || one.echo) continue;
    out.resize(out.size() - std::min(out.size(), one.takes_back));
    out += one.text;
  }
  return out;
}

MaskedNumber PrivateGuard::hide(Reading const& reading, SpelledRun const& run, Kind kind, Said const* topic) {
  Hidden one{.track = reading.track,
             .start_ms = reading.words[run.first].start_ms,
             .end_ms = reading.words[run.last].end_ms,
             .final = reading.final,
             .kind = kind,
             .text = run.text,
             .behind = said_behind(reading, run) != nullptr};
  auto const part = std::find_if(hidden_.rbegin(), hidden_.rend(), [&](Hidden const& other) {
    return other.track == reading.track && other.kind == kind && !other.echo;
  });
  bool goes_on = part != hidden_.rend() && one.start_ms - part->end_ms < kPauseMs &&
                 !(topic && (topic->final > part->final || (topic->final == part->final && topic->ms > part->end_ms)));
  auto const so_far = goes_on ? whole(part->number) : std::string();
  goes_on = goes_on && so_far.size() + run.text.size() <= kNumberMax;
  one.number = goes_on ? part->number : ++numbers_;
  if (goes_on) one.takes_back = run.takes_back;
  bool const anew = goes_on && so_far.size() >= 3 && run.text.size() > so_far.size() && run.text.starts_with(so_far);
  if (anew) one.takes_back = so_far.size();
  bool told = false;
  for (auto const& other : hidden_) told = told || (goes_on && other.number == one.number && other.told);
  hidden_.push_back(std::move(one));
  auto& kept = hidden_.back();
  MaskedNumber out{.kind = kind, .first = run.first, .last = run.last};
  auto const all = whole(kept.number);
  out.valid = has_shape(kind, all);
  constexpr std::size_t tell_from = 8;  // of fewer digits, four are most of them
  if (out.valid && !told && kind != Kind::identity && all.size() >= tell_from) {
    out.last_four = all.substr(all.size() - 4);
    kept.told = true;
  }
  return out;
}

}  // namespace sotto::language
