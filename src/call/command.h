// What is asked of a call from outside its audio: of its speech part, or of its guidance.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "call/events.h"

namespace sotto {

// --- of its speech part ---

// Nothing is heard from the newest sample on.
struct PauseListening {
  std::string by;  // api | source
};
// From the next packet on it is heard again.
struct ResumeListening {
  std::string by;
};
// Names and products that have come up: the recogniser is told to expect them from now on, before those that it was
// told of when the call began. Takes the place of what the one before told.
struct ExpectTerms {
  std::vector<std::string> terms;  // as they are written; speech::expected_terms() says which are of use
};
// The call is over for us, whatever the source sends.
struct StopListening {};
// The words of an utterance were taken back: it is not corrected any more, which would bring them again.
struct ForgetWords {
  Track track = Track::customer;
  std::int64_t n = 0;  // Utterance::n
};
// The call's source has come back to another server, which goes on with it. Who lets go knows its source by the token.
struct LetGo {
  std::string resume_digest;  // of the token that the source showed
};
using SpeechCommand = std::variant<PauseListening, ResumeListening, StopListening, ForgetWords, LetGo, ExpectTerms>;

// --- of its guidance, by the agent's page ---

struct Dismiss {
  std::string cue;
};
struct TickByHand {
  std::string item;
  std::string reason;  // the agent's words
};
struct UntickByHand {
  std::string item;
  std::string reason;
};
// CueDisplayed: the page has drawn a cue; `call` need not be filled in.
using GuideCommand = std::variant<CueDisplayed, Dismiss, TickByHand, UntickByHand>;

using CallCommand = std::variant<SpeechCommand, GuideCommand>;

}  // namespace sotto
