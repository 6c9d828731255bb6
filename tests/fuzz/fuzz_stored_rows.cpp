// Whatever stands in the store: an error, or a call that its page can show and its guidance can go on from.
// max_len: 16384
#include <cstdlib>
#include <string>

#include <boost/json/serialize.hpp>

#include "adapters/sealed_call/stored_texts.h"
#include "live/delivery/call_feed.h"
#include "live/guidance/guidance.h"

using namespace sotto;

// The first line is the call's description, every other one an event.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const text(reinterpret_cast<char const*>(data), size);
  auto at = text.find('\n');
  static_cast<void>(read_info(text.substr(0, at), "c"));
  std::vector<Event> events;
  while (at != std::string::npos && events.size() < 100) {
    auto const next = text.find('\n', at + 1);
    auto const line = text.substr(at + 1, next == std::string::npos ? next : next - at - 1);
    auto event = read_event("c", std::ssize(events) + 1, 0, line, -1);
    if (event) events.push_back(std::move(*event));
    at = next;
  }
  delivery::CallFeed feed;
  feed.restore(events);
  static_cast<void>(boost::json::serialize(feed.view().to_json()));
  guidance::Guidance guidance("c");
  guidance.restore(events);
  static_cast<void>(guidance.tick(Time(Duration(1'000'000))));
  static_cast<void>(guidance.end());
  return 0;
}
