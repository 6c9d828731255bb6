// Whatever text either side of /v1/listen sends: an error, or a message that says the same when written again.
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "adapters/deepgram/protocol.h"

using namespace sotto::deepgram;

// Boost.JSON 1.81 rounds the last digit of a number now and then: times are the same to a microsecond.
static void check_same(Results const& a, Results const& b) {
  bool same = std::abs(a.start - b.start) < 1e-6 && std::abs(a.duration - b.duration) < 1e-6 &&
              a.is_final == b.is_final && a.speech_final == b.speech_final && a.from_finalize == b.from_finalize &&
              a.channel == b.channel && a.channels == b.channels && a.transcript == b.transcript &&
              a.request_id == b.request_id && a.words.size() == b.words.size();
  for (std::size_t at = 0; same && at < a.words.size(); ++at) {
    same = a.words[at].word == b.words[at].word && a.words[at].punctuated_word == b.words[at].punctuated_word &&
           a.words[at].speaker == b.words[at].speaker;
  }
  if (!same) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  if (auto const message = parse_client_message(text)) {
    auto const again = parse_client_message(to_text(*message));
    if (!again || again->index() != message->index()) std::abort();
  }
  if (auto const message = parse_server_message(text)) {
    auto const written = to_text(*message);
    auto const again = parse_server_message(written);
    if (!again || again->index() != message->index()) std::abort();
    if (auto const* results = std::get_if<Results>(&*message)) check_same(*results, std::get<Results>(*again));
  }
  return 0;
}
