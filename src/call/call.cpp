#include "call/call.h"

#include "base/json.h"

namespace sotto {

namespace json = boost::json;

json::object to_json(CallInfo const& info) {
  json::array tracks;
  for (auto const track : info.tracks) tracks.push_back(json::value(name(track)));
  json::object out{{"call", info.id},
                   {"tenant", info.tenant},
                   {"team", info.team},
                   {"agent", info.agent},
                   {"tracks", std::move(tracks)},
                   {"coding", name(info.format.coding)},
                   {"rate", info.format.rate},
                   {"speed", info.speed},
                   {"replay", info.replay},
                   {"demo", info.demo},
                   {"metadata", info.metadata},
                   {"started", to_rfc3339(info.started)},
                   {"started_us", info.started.time_since_epoch().count()}};
  if (info.mono) out["mono"] = true;
  return out;
}

CallInfo call_info_from_json(json::object const& data) {
  CallInfo info{.id = get_string(data, "call"),
                .tenant = get_string(data, "tenant"),
                .team = get_string(data, "team"),
                .agent = get_string(data, "agent"),
                .tracks = {},
                .mono = get_bool(data, "mono"),
                .format = {},
                .speed = get_double(data, "speed", 1.0),
                .replay = get_bool(data, "replay"),
                .demo = get_bool(data, "demo"),
                .metadata = {},
                .started = Time(Duration(get_int(data, "started_us")))};
  info.format.coding = parse_coding(get_string(data, "coding")).value_or(Coding::mulaw);
  info.format.rate = static_cast<int>(get_int(data, "rate", 8000));
  if (auto const* metadata = get_object(data, "metadata")) info.metadata = *metadata;
  if (auto const* tracks = get_array(data, "tracks")) {
    for (auto const& track : *tracks) {
      if (auto const known = track.is_string() ? parse_track(track.get_string()) : std::nullopt)
        info.tracks.push_back(*known);
    }
  }
  return info;
}

}  // namespace sotto
