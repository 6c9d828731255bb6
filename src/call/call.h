// A call: one conversation. Its id is stable across reconnects (design.md section 4).
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
  std::vector<Track> tracks;  // one or two, each once
  bool mono = false;  // the one track, `customer`, carries both parties: who speaks is a guess (Utterance::speaker)
  AudioFormat format;
  double speed = 1.0;   // audio seconds a second of real time
  bool replay = false;  // the source keeps audio and can send it again
  bool demo = false;
  boost::json::object metadata;
  Time started;
};

enum class EndReason { hangup, lost, silent, stopped };

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
