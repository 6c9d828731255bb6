// Small things that the orchestrator's files share.
#pragma once

#include <string>
#include <vector>

#include "call/utterance.h"
#include "policy/rules.h"

namespace sotto::orchestrator {

inline bool concerns(Spoken const& spoken, Track track) { return !spoken.speaker || *spoken.speaker == track; }

// Words from `from` to before `past`, with spaces between.
inline std::string text_of(std::vector<Word> const& words, std::size_t from, std::size_t past) {
  std::string out;
  for (auto i = from; i < past; ++i) out += (out.empty() ? "" : " ") + words[i].text;
  return out;
}

// Whether the recogniser was sure enough of words as a whole (limits::kTrustedWord); also where it measures nothing.
bool heard_surely(std::vector<Word> const& words);

}  // namespace sotto::orchestrator
