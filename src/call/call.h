// A call: one conversation. Its id is stable across reconnects.
#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "call/audio.h"
#include "call/track.h"

namespace sotto {

struct CallInfo {
  std::string id;
  std::string tenant, team, agent;
  std::string region;          // where the server stood that heard it; empty: nobody said
  std::vector<Track> tracks;   // one to limits::kTracksMax, each once
  std::vector<Party> parties;  // of these tracks those who have a name or are neither the customer nor the agent
  bool mono = false;  // the one track, `customer`, carries both parties: who speaks is a guess (Utterance::speaker)
  AudioFormat format;
  double speed = 1.0;   // audio seconds a second of real time
  bool replay = false;  // the source keeps audio and can send it again
  bool demo = false;
  boost::json::object metadata;
  Time started;

  // Whose words a track carries, for the rules.
  Track side(Track track) const {
    auto const party = std::ranges::find(parties, track, &Party::track);
    return party == parties.end() ? track : party->side;
  }
};

enum class EndReason {
  hangup,   // its source says so (gateway/ingest_endpoint.cpp)
  lost,     // its source does not come back (live/capture_watch.cpp)
  silent,   // nothing comes from it (there)
  stopped,  // by command (gateway/call_registry.cpp)
};

inline std::string_view name(EndReason reason) {
  switch (reason) {
    case EndReason::hangup: return "hangup";
    case EndReason::lost: return "lost";
    case EndReason::silent: return "silent";
    case EndReason::stopped: return "stopped";
  }
  return "";
}

}  // namespace sotto
