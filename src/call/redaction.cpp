#include "call/redaction.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include <fmt/format.h>

#include "call/event_codec.h"
#include "base/unicode.h"

namespace sotto {

struct TakenBack::Piece {
  std::string key;                 // as it is compared
  std::size_t begin = 0, end = 0;  // bytes of the text
};

namespace {

// Letters and digits in small letters; of a mark such as "[card]", and of what has neither, all of it.
std::string key_of(std::string_view word) {
  std::string key;
  for (std::size_t at = 0; at < word.size() && !word.starts_with('[');) key += language::letter_at(word, at);
  return key.empty() ? std::string(word) : key;
}

template <typename Pieces>
std::vector<std::string> keys_of(Pieces const& pieces) {
  std::vector<std::string> out;
  for (auto const& piece : pieces) out.push_back(piece.key);
  return out;
}

// Where `run` stands in `keys`, each place.
std::vector<std::size_t> places(std::vector<std::string> const& run, std::vector<std::string> const& keys) {
  std::vector<std::size_t> out;
  for (std::size_t at = 0; !run.empty() && at + run.size() <= keys.size(); ++at) {
    if (std::equal(run.begin(), run.end(), keys.begin() + static_cast<std::ptrdiff_t>(at))) out.push_back(at);
  }
  return out;
}

// The byte behind `characters` code points; nullopt: the text has fewer.
std::optional<std::size_t> byte_at(std::string_view text, std::int64_t characters) {
  std::size_t at = 0;
  for (; characters > 0 && at < text.size(); --characters) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  }
  return characters == 0 ? std::optional(at) : std::nullopt;
}

Because const* because_of(EventBody const& body) {
  return std::visit(
      [](auto const& one) -> Because const* {
        using Body = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<Body, Tick>) return one.because ? &*one.because : nullptr;
        else if constexpr (requires { one.because; }) return &one.because;
        else return nullptr;
      },
      body);
}

// What was typed; empty: nothing.
std::string typed_in(EventBody const& body) {
  if (auto const* tick = std::get_if<Tick>(&body)) return tick->by_hand() ? tick->reason : "";
  auto const* untick = std::get_if<Untick>(&body);
  return untick && untick->by_hand() ? untick->reason : "";
}

std::unexpected<Error> no_words(std::span<Event const> events, Event const& event) {
  auto const what = fmt::format("event {} ({}) says nothing of its own", event.number, type_of(event.body));
  auto const* because = because_of(event.body);
  if (!because || because->utterance.empty()) return fail("no_words", what);
  std::int64_t said = 0;
  for (auto const& other : events) {
    auto const* words = words_of(other);
    if (words && words->id() == because->utterance) said = other.number;
  }
  return fail("no_words", fmt::format("{}: it quotes {}. Take the words back in event {}, the quote follows", what,
                                      because->utterance, said));
}

}  // namespace

std::vector<TakenBack::Piece> TakenBack::pieces_of(std::string const& text) {
  std::vector<Piece> out;
  for (std::size_t at = text.find_first_not_of(' '); at < text.size(); at = text.find_first_not_of(' ', at)) {
    auto const end = std::min(text.find(' ', at), text.size());
    out.push_back({key_of(std::string_view(text).substr(at, end - at)), at, end});
    at = end;
  }
  return out;
}

// --- which words are meant ---

Result<TakenBack> TakenBack::find(std::span<Event const> events, std::int64_t number, Hiding const& hiding) {
  if (number < 1 || number > std::ssize(events))
    return fail("no_such_event", fmt::format("the call has events 1 to {}, not {}", events.size(), number));
  auto const& event = events[static_cast<std::size_t>(number - 1)];
  TakenBack out;
  out.number_ = number;
  out.mark_ = "[" + hiding.label + "]";
  auto const* said = words_of(event);
  auto const text = said ? said->text : typed_in(event.body);
  if (text.empty()) return no_words(events, event);
  auto const pieces = pieces_of(text);
  if (auto chosen = out.choose(pieces, text, hiding); !chosen) return std::unexpected(chosen.error());
  if (!said) return out;
  out.utterance_ = said->id();
  out.track_ = said->track;
  out.n_ = said->n;
  out.note_times(*said);
  return out;
}

Result<void> TakenBack::choose(std::vector<Piece> const& pieces, std::string const& text, Hiding const& hiding) {
  keys_ = keys_of(pieces);
  hidden_.assign(keys_.size(), hiding.words.empty() && hiding.ranges.empty());
  for (auto const& words : hiding.words) {
    if (auto chosen = choose_words(words); !chosen) return chosen;
  }
  for (auto const& range : hiding.ranges) {
    if (auto chosen = choose_range(pieces, text, range); !chosen) return chosen;
  }
  if (std::ranges::find(hidden_, true) == hidden_.end())
    return fail("no_such_words", fmt::format("no word of event {} is meant", number_));
  for (std::size_t at = 0; at < keys_.size(); ++at) {
    if (!hidden_[at]) continue;
    if (at == 0 || !hidden_[at - 1]) runs_.emplace_back();
    runs_.back().push_back(keys_[at]);
  }
  return {};
}

Result<void> TakenBack::choose_words(std::string const& words) {
  auto const run = keys_of(pieces_of(words));
  auto const found = places(run, keys_);
  if (found.empty()) return fail("no_such_words", fmt::format("event {} does not say these words", number_));
  for (auto const at : found) std::fill_n(hidden_.begin() + static_cast<std::ptrdiff_t>(at), run.size(), true);
  return {};
}

Result<void> TakenBack::choose_range(std::vector<Piece> const& pieces, std::string const& text, Hiding::Range range) {
  auto const from = byte_at(text, range.from), to = byte_at(text, range.to);
  if (range.from < 0 || range.to <= range.from || !from || !to)
    return fail("bad_range",
                fmt::format("the range {} to {} is not within the text of event {}, which has {} characters",
                            range.from, range.to, number_, std::ranges::count_if(text, [](char c) {
                              return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
                            })));
  for (std::size_t at = 0; at < pieces.size(); ++at) {
    if (pieces[at].begin < *to && pieces[at].end > *from) hidden_[at] = true;
  }
  return {};
}

// Word by word where each word of the text has its time.
void TakenBack::note_times(Utterance const& said) {
  if (said.words.size() != keys_.size()) {
    times_.emplace_back(said.start_ms, said.end_ms);
    return;
  }
  for (std::size_t at = 0; at < keys_.size(); ++at) {
    if (hidden_[at]) times_.emplace_back(said.words[at].start_ms, said.words[at].end_ms);
  }
}

bool TakenBack::in_time(std::int64_t start_ms, std::int64_t end_ms) const {
  return std::ranges::any_of(times_, [&](auto const& time) { return start_ms <= time.second && end_ms >= time.first; });
}

// --- where they stand ---

// In another text of the same utterance; nullopt: it was heard otherwise, and they are not all to be found.
std::optional<TakenBack::Flags> TakenBack::said_again(std::vector<std::string> const& keys) const {
  if (keys == keys_) return hidden_;
  Flags flags(keys.size(), false);
  for (auto const& run : runs_) {
    auto const found = places(run, keys);
    if (found.empty()) return std::nullopt;
    for (auto const at : found) std::fill_n(flags.begin() + static_cast<std::ptrdiff_t>(at), run.size(), true);
  }
  return flags;
}

// In a piece of the utterance; nullopt: it is none, and says none of them as a whole.
std::optional<TakenBack::Flags> TakenBack::quoted(std::vector<std::string> const& keys) const {
  Flags flags(keys.size(), false);
  auto const pieces = places(keys, keys_);
  for (auto const at : pieces) {
    for (std::size_t i = 0; i < keys.size(); ++i) flags[i] = flags[i] || hidden_[at + i];
  }
  if (!pieces.empty()) return flags;
  bool any = false;
  for (auto const& run : runs_) {
    for (auto const at : places(run, keys)) {
      std::fill_n(flags.begin() + static_cast<std::ptrdiff_t>(at), run.size(), true);
      any = true;
    }
  }
  return any ? std::optional(flags) : std::nullopt;
}

// --- what stands there instead ---

std::string TakenBack::hidden_in(std::string const& text, std::vector<Piece> const& pieces, Flags const& flags) const {
  std::string out;
  for (std::size_t at = 0; at < pieces.size(); ++at) {
    if (flags[at] && at > 0 && flags[at - 1]) continue;
    auto const& piece = pieces[at];
    out += (out.empty() ? "" : " ") + (flags[at] ? mark_ : text.substr(piece.begin, piece.end - piece.begin));
  }
  return out;
}

// Another text of the utterance, as a whole.
void TakenBack::hide_text(std::string& text) const {
  auto const pieces = pieces_of(text);
  if (pieces.empty()) return;
  auto const flags = said_again(keys_of(pieces));
  text = hidden_in(text, pieces, flags.value_or(Flags(pieces.size(), true)));
}

void TakenBack::hide(Utterance& said) const {
  auto const pieces = pieces_of(said.text);
  auto const flags = said_again(keys_of(pieces)).value_or(Flags(pieces.size(), true));
  if (std::ranges::find(flags, true) == flags.end()) return;
  if (said.words.size() != pieces.size()) {
    said.words = {{.text = mark_, .start_ms = said.start_ms, .end_ms = said.end_ms}};
  } else {
    std::vector<Word> words;
    for (std::size_t at = 0; at < pieces.size(); ++at) {
      if (flags[at] && at > 0 && flags[at - 1]) {
        words.back().end_ms = said.words[at].end_ms;
        continue;
      }
      words.push_back(said.words[at]);
      if (flags[at]) words.back().text = mark_;
    }
    said.words = std::move(words);
  }
  said.text = hidden_in(said.text, pieces, flags);
}

bool TakenBack::says(Mention const& mention, bool own) const {
  if (in_time(mention.start_ms, mention.end_ms)) return true;
  auto const keys = own ? keys_of(pieces_of(mention.text)) : std::vector<std::string>();
  return std::ranges::any_of(runs_, [&](auto const& run) { return !places(run, keys).empty(); });
}

// What the words named: that something was named remains. A number may be told in the utterance that ends it.
void TakenBack::hide_mentions(Utterance& said) const {
  bool const own = said.id() == utterance_;
  for (auto& mention : said.entities) {
    if (says(mention, own))
      mention = {.kind = mention.kind,
                 .value = {},
                 .text = mark_,
                 .start_ms = mention.start_ms,
                 .end_ms = mention.end_ms,
                 .valid = false};
  }
}

bool TakenBack::concerns(Because const& because) const {
  if (because.text.empty() || utterance_.empty()) return false;
  bool const of_track = because.utterance.starts_with(std::string(name(track_)) + "-");
  return because.utterance == utterance_ || (of_track && in_time(because.start_ms, because.end_ms));
}

void TakenBack::hide(Because& because) const {
  if (!concerns(because)) return;
  auto const pieces = pieces_of(because.text);
  bool const overlaps = in_time(because.start_ms, because.end_ms);
  auto const flags = quoted(keys_of(pieces)).value_or(Flags(pieces.size(), overlaps));
  if (std::ranges::find(flags, true) == flags.end()) return;
  because.text = hidden_in(because.text, pieces, flags);
  // The rule's own phrase is what was said.
  if (because.trigger == "phrase" || because.trigger == "parts") because.pattern = mark_;
}

// What an event says of it becomes the mark.
template <class Body, class... Bodies>
constexpr bool kOneOf = (std::is_same_v<Body, Bodies> || ...);
template <class Body>
constexpr bool kSaysNothing =
    kOneOf<Body, CallStarted, AgentChanged, CallPaused, CallResumed, HealthChanged, CoverageGap, CallEnded, Understood,
           CueDisplayed, CueClosed, GuidanceDone, EventRedacted, Partial, CueExpected>;

struct TakenBack::Redact {
  TakenBack const& taken;
  std::int64_t number;  // of the event

  void operator()(UtteranceFinal& final) const { utterance(final.utterance); }
  void operator()(UtteranceRevised& revised) const {
    utterance(revised.utterance);
    if (revised.utterance.id() == taken.utterance_) taken.hide_text(revised.was);
  }
  void operator()(Tick& tick) const {
    if (tick.because) taken.hide(*tick.because);
    typed(tick.reason);
  }
  void operator()(Untick& untick) const { typed(untick.reason); }
  template <class Body>
    requires requires(Body body) { body.because; }
  void operator()(Body& body) const {
    taken.hide(body.because);
  }
  // Without words: a new type of event that is neither here nor above does not compile.
  template <class Body>
    requires kSaysNothing<Body>
  void operator()(Body&) const {}

 private:
  void utterance(Utterance& said) const {
    if (said.track != taken.track_ || taken.utterance_.empty()) return;
    if (said.id() == taken.utterance_) taken.hide(said);
    taken.hide_mentions(said);
  }
  void typed(std::string& reason) const {
    if (number == taken.number_ && taken.utterance_.empty()) taken.hide_text(reason);
  }
};

// Whether it may have to change; most events of a call need not be looked at closely.
bool TakenBack::concerns(Event const& event) const {
  if (utterance_.empty()) return event.number == number_;
  if (auto const* said = words_of(event)) {
    if (said->track != track_) return false;
    bool const own = said->n == n_;
    return own || std::ranges::any_of(said->entities, [&](Mention const& mention) { return says(mention, false); });
  }
  auto const* because = because_of(event.body);
  return because && concerns(*because);
}

std::vector<Redaction> TakenBack::bodies(std::span<Event const> events, std::int64_t after) const {
  std::vector<Redaction> out;
  for (auto const& event : events) {
    if (event.number <= after || !concerns(event)) continue;
    auto body = event.body;
    std::visit(Redact{*this, event.number}, body);
    if (data_of(body) != data_of(event.body)) out.push_back({event.number, std::move(body)});
  }
  return out;
}

}  // namespace sotto
