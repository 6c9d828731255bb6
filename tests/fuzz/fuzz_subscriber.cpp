// Whatever text a subscriber sends is a message or an error.
#include <string_view>

#include "live/delivery/messages.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  (void)sotto::delivery::decode_from_subscriber({reinterpret_cast<char const*>(data), size});
  return 0;
}
