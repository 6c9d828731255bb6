// Words of a call that are taken back: from what somebody names in one event to the new bodies of every event that says
// the same. Pure.
//
// Words are said in utterances (finals and their revisions), and typed where the agent ticks an item by hand.
// Everything else quotes: cues, ticks, moments, alerts, tags and webhooks carry the words that caused them. Who takes
// words back names them where they were said; every revision and every quote follows. Where it cannot be told which
// words of a revision or a quote are meant (they were heard otherwise, or a quote reaches over two utterances), all of
// it goes. What was made of the words stays: which rule fired, its own headline, an intent's name, a tag.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "call/events.h"

namespace sotto {

// What stands in the place of an event's body from now on.
struct Redaction {
  std::int64_t number = 0;  // of the event
  EventBody body;           // of the event's own type
};

// What stands for words that were taken back where no label was given.
inline constexpr char const* kRedacted = "[redacted]";

// What of an event's text is hidden. Neither words nor ranges: all of it.
struct Hiding {
  struct Range {
    std::int64_t from = 0, to = 0;  // Unicode code points of the text; a word that it touches goes as a whole
  };
  std::vector<std::string> words;  // wherever the event says them, in any case of letters; one or more words each
  std::vector<Range> ranges;
  std::string label = "redacted";  // what is seen instead: "[redacted]"
};

class TakenBack {
 public:
  // What `hiding` names in event `number` of `events`, those of a call from its first on. Errors: no_such_event;
  // no_words (that event says nothing of its own; where it quotes an utterance, the error names the event to ask for);
  // no_such_words (it does not say them); bad_range.
  static Result<TakenBack> find(std::span<Event const> events, std::int64_t number, Hiding const& hiding);

  // The events with a number above `after` that still say it, as they are without it; nothing where none does.
  std::vector<Redaction> bodies(std::span<Event const> events, std::int64_t after = 0) const;
  // "customer-3", whose words these are; empty: typed by hand.
  std::string const& utterance() const { return utterance_; }
  // Of words that were said: where.
  Track track() const { return track_; }
  std::int64_t n() const { return n_; }

 private:
  struct Piece;                     // a word of a text
  struct Redact;                    // one overload an event type
  using Flags = std::vector<bool>;  // hidden or not, a word each

  static std::vector<Piece> pieces_of(std::string const& text);
  Result<void> choose(std::vector<Piece> const& pieces, std::string const& text, Hiding const& hiding);
  Result<void> choose_words(std::string const& words);
  Result<void> choose_range(std::vector<Piece> const& pieces, std::string const& text, Hiding::Range range);
  void note_times(Utterance const& said);
  std::optional<Flags> said_again(std::vector<std::string> const& keys) const;
  std::optional<Flags> quoted(std::vector<std::string> const& keys) const;
  bool in_time(std::int64_t start_ms, std::int64_t end_ms) const;
  bool says(Mention const& mention, bool own) const;
  bool concerns(Because const& because) const;
  bool concerns(Event const& event) const;
  std::string hidden_in(std::string const& text, std::vector<Piece> const& pieces, Flags const& flags) const;
  void hide_text(std::string& text) const;
  void hide(Utterance& said) const;
  void hide_mentions(Utterance& said) const;
  void hide(Because& because) const;

  std::string mark_;
  std::int64_t number_ = 0;  // the event that was named
  std::string utterance_;
  Track track_ = Track::customer;
  std::int64_t n_ = 0;
  std::vector<std::string> keys_;                             // the words of its text as they are compared
  Flags hidden_;                                              // which of them
  std::vector<std::vector<std::string>> runs_;                // those that stand together
  std::vector<std::pair<std::int64_t, std::int64_t>> times_;  // when they were said, milliseconds
};

}  // namespace sotto
