#include "adapters/sealed_call/stored_texts.h"

#include <boost/crc.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "call/event_codec.h"

namespace sotto {

std::int64_t checksum(std::string_view call, std::int64_t number, std::int64_t time_us, std::string_view body) {
  boost::crc_32_type crc;
  auto const head = fmt::format("{}\n{}\n{}\n", call, number, time_us);
  crc.process_bytes(head.data(), head.size());
  crc.process_bytes(body.data(), body.size());
  return crc.checksum();
}

std::unexpected<Error> damaged_call(std::string const& call, std::string const& what) {
  return fail("damaged", fmt::format("call {} is damaged in the store: {}", call, what));
}

Result<CallInfo> read_info(std::string const& text, std::string const& call) {
  auto const object = parse_object(text);
  if (!object) return damaged_call(call, "its description is " + object.error().message);
  auto read = from_json<CallInfo>(*object);
  if (!read) return damaged_call(call, "its description is no call's: " + read.error().message);
  auto& info = *read;
  if (info.id != call) return damaged_call(call, "its description is another call's");
  if (info.tracks.empty() || info.format.rate < 8000 || info.format.rate > 48000 || !(info.speed > 0))
    return damaged_call(call, "its description names no audio that can be");
  return read;
}

Result<void> check_event(std::string const& call, std::int64_t number, std::int64_t time_us, std::string const& body,
                         std::int64_t crc) {
  if (crc >= 0 && crc != checksum(call, number, time_us, body))
    return damaged_call(call, fmt::format("event {} does not have its checksum", number));
  return {};
}

Result<Event> read_event(std::string const& call, std::int64_t number, std::int64_t time_us, std::string const& body,
                         std::int64_t crc) {
  if (auto checked = check_event(call, number, time_us, body, crc); !checked) return std::unexpected(checked.error());
  auto const object = parse_object(body);
  if (!object) return damaged_call(call, fmt::format("event {} is {}", number, object.error().message));
  auto event = event_from_cloud_event(*object);
  if (!event) return damaged_call(call, fmt::format("event {} is {}", number, event.error().message));
  if (event->call != call || event->number != number)
    return damaged_call(call, fmt::format("event {} is another one", number));
  event->time = Time(Duration(time_us));
  return event;
}

Result<Event> read_event(CallSeal const& seal, std::int64_t number, std::int64_t time_us, std::string stored,
                         std::int64_t crc) {
  auto const text = seal.open_event(number, time_us, std::move(stored));
  if (!text) return std::unexpected(text.error());
  return read_event(seal.call(), number, time_us, *text, seal.id() == 0 ? crc : -1);
}

Result<void> check_event(CallSeal const& seal, std::int64_t number, std::int64_t time_us, std::string stored,
                         std::int64_t crc) {
  auto const text = seal.open_event(number, time_us, std::move(stored));
  if (!text) return std::unexpected(text.error());
  return check_event(seal.call(), number, time_us, *text, seal.id() == 0 ? crc : -1);
}

Result<void> check_ledger(std::string const& call, std::string_view track, std::vector<LedgerRow> const& rows) {
  for (auto const& row : rows) {
    if (row.coverage <= Coverage::pending || row.coverage > Coverage::gap)
      return damaged_call(call, "its ledger holds a coverage that does not exist");
  }
  if (!Ledger::from_rows(rows))
    return damaged_call(call, fmt::format("the ledger of track {} does not cover it", track));
  return {};
}

}  // namespace sotto
