// Whatever text either side of /v1/listen sends: an error, or a message that says the same when written again.
#include <cstdlib>
#include <string_view>

#include "adapters/deepgram/protocol.h"

using namespace sotto::deepgram;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  if (auto const message = parse_client_message(text)) {
    auto const again = parse_client_message(to_text(*message));
    if (!again || again->index() != message->index()) std::abort();
  }
  if (auto const message = parse_server_message(text)) {
    auto const written = to_text(*message);
    auto const again = parse_server_message(written);
    if (!again || again->index() != message->index() || to_text(*again) != written) std::abort();
  }
  return 0;
}
