// Whatever text a source sends: a message or an error, and a start that was accepted says the same again when encoded.
#include <cstdlib>
#include <string_view>

#include "live/ingest/messages.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const control = sotto::ingest::decode_control({reinterpret_cast<char const*>(data), size});
  if (!control) return 0;
  if (auto const* start = std::get_if<sotto::ingest::Start>(&*control)) {
    auto const again = sotto::ingest::decode_control(sotto::ingest::encode_start(*start));
    if (!again || std::get<sotto::ingest::Start>(*again).call.id != start->call.id) std::abort();
  }
  return 0;
}
