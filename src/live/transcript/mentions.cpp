#include "live/transcript/mentions.h"

#include <algorithm>

#include "language/entities/entities.h"
#include "language/privacy/masked.h"

namespace sotto::transcript {

static std::vector<language::HeardWord> heard_words(std::vector<Word> const& words) {
  std::vector<language::HeardWord> out;
  for (auto const& word : words) out.push_back({word.text, word.start_ms, word.end_ms});
  return out;
}

// What these words name, and what the gate took out of them: that it was there, and where.
static std::vector<Mention> mentions(Hypothesis const& hypothesis, std::vector<Word> const& words,
                                     std::vector<language::Entity> const& entities) {
  std::vector<Mention> out;
  for (auto const& masked : hypothesis.masked) {
    if (masked.last >= hypothesis.words.size()) continue;
    auto const start = hypothesis.words[masked.first].start_ms;
    if (std::ranges::find(words, start, &Word::start_ms) == words.end()) continue;  // clipped
    out.push_back({.kind = masked.kind,
                   .value = masked.last_four.empty() ? "" : "**** " + masked.last_four,
                   .text = "[" + masked.kind + "]",
                   .start_ms = start,
                   .end_ms = hypothesis.words[masked.last].end_ms,
                   .valid = masked.valid});
  }
  for (auto const& entity : entities) {
    std::string said;
    for (auto i = entity.first; i <= entity.last; ++i) said += (said.empty() ? "" : " ") + words[i].text;
    bool const hidden = language::sensitive(entity.kind);
    auto const& value = entity.value;
    out.push_back(
        {.kind = language::name(entity.kind),
         .value = hidden ? "**** " + value.substr(value.size() - std::min<std::size_t>(4, value.size())) : value,
         .text = hidden ? "[" + std::string(language::name(entity.kind)) + "]" : said,
         .start_ms = words[entity.first].start_ms,
         .end_ms = words[entity.last].end_ms,
         .valid = entity.valid});
  }
  std::ranges::sort(out, {}, &Mention::start_ms);
  return out;
}

std::vector<Mention> Mentions::of_final(Hypothesis const& hypothesis, std::vector<Word> const& words, Track said_by) {
  return mentions(hypothesis, words, multi_turn_.push(index(said_by), heard_words(words)));
}

std::vector<Mention> Mentions::of_revised(Hypothesis const& hypothesis, Track said_by) const {
  return mentions(hypothesis, hypothesis.words, multi_turn_.look(index(said_by), heard_words(hypothesis.words)));
}

}  // namespace sotto::transcript
