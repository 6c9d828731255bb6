// Whatever query opens /v1/listen: an error that names what is wrong, or a query that says the same when written again.
#include <cstdlib>
#include <string_view>

#include "adapters/deepgram/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const query = sotto::deepgram::parse_query({reinterpret_cast<char const*>(data), size});
  if (!query) {
    if (query.error().message.empty()) std::abort();
    return 0;
  }
  auto const text = sotto::deepgram::to_query(*query);
  auto const again = sotto::deepgram::parse_query(text);
  if (!again || sotto::deepgram::to_query(*again) != text) std::abort();
  return 0;
}
