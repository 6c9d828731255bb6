// What was shown against what tests/unseen expects. Pure; the rules of scoring are written in tests/unseen/README.md
// and held by unseen_score_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unseen/unseen_set.h"

namespace sotto::unseen {

// A cue or an answer comes at its turn or within so many turns behind it.
inline constexpr std::size_t kTurnsBehind = 2;
// A rule of time comes within this of its second.
inline constexpr std::int64_t kTimeMs = 5000;

struct ShownCue {
  std::string rule;
  std::size_t turn = 0;    // whose words brought it; of a rule of time the turn that was being said
  std::int64_t at_ms = 0;  // when it was shown
  bool answer = false;     // it comes from the articles
  std::string file, heading;
};
struct ShownTick {
  std::string item;
  std::size_t turn = 0;
};
struct Shown {
  std::vector<ShownCue> cues;
  std::vector<ShownTick> ticks;
};

enum class Fit { right, allowed, wrong };

// Rules with a cue of their own.
struct CueScore {
  std::vector<bool> came;  // of Call::cues
  std::vector<Fit> fits;   // of Shown::cues; answers: `allowed`
};
CueScore score_cues(Call const& call, Shown const& shown);

struct TickScore {
  std::vector<bool> ticked;        // of Call::ticks
  std::vector<std::size_t> wrong;  // of Shown::ticks: items that the call does not list
};
TickScore score_ticks(Call const& call, Shown const& shown);

// Answers in a call. `unlabelled`: where the call names neither an answer nor that there is none.
enum class AnswerFit { none, right, other_passage, no_answer_exists, unlabelled };
struct AnswerScore {
  std::vector<bool> came;       // of Call::answers
  std::vector<AnswerFit> fits;  // of Shown::cues; `none` for what is no answer
};
AnswerScore score_answers(Call const& call, Shown const& shown);

// An answer to a question that an article answers: of the right passage, or of another one whose shown words hold all
// that the question must hear.
struct ShownAnswer {
  std::string file, heading, text;
};
bool is_right_passage(Question const& question, ShownAnswer const& answer);
bool holds_all(Question const& question, ShownAnswer const& answer);
bool is_right(Question const& question, ShownAnswer const& answer);

// --- numbers ---

// A word that stands for digits or, with `letters`, for a letter of a code ("B", "Bravo"). `after`: the word behind it.
bool carries(std::string const& word, std::string const& after, bool letters);
bool is_masked(std::string const& shown);

struct MaskScore {
  std::size_t visible = 0, masked = 0;  // words that carry it; all words of it
};
// `said`, `shown`: the words of each turn, as many of the one as of the other.
MaskScore score_mask(Dictated const& entity, std::vector<std::vector<std::string>> const& said,
                     std::vector<std::vector<std::string>> const& shown);
// Digits in a turn of a call: the shortest stretch of its words that says them, as an entity; none where no word does.
std::optional<Dictated> locate(Digits const& digits, std::vector<std::string> const& said);
// The digits that words say.
std::string heard(std::vector<std::string> const& words);

// Kinds of docs/entities.md for those of the set; empty: not looked for.
std::string mention_kind(std::string_view kind);
bool is_value(std::string_view kind, std::string const& wanted, std::string const& got);

}  // namespace sotto::unseen
