// Stage 2, audio: a source whose sample numbers begin again. Gateways count from 0 anew when they re-negotiate a call;
// by its numbers all that follows would be audio that was heard already. What comes in a row from far behind, on a
// connection that goes on, is new audio with new numbers: from then on they are moved behind what was received.
//   source's number + shift = place in the call (ledger, utterances, events); acknowledgements go the other way
// Both tracks of a call share one shift. Pure state.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "call/audio.h"

namespace sotto::audio {

class SourceNumbers {
 public:
  explicit SourceNumbers(AudioFormat format) : format_(format) {}

  std::int64_t to_call(std::int64_t sample) const { return sample + shift_; }
  std::int64_t to_source(std::int64_t place) const { return place > shift_ ? place - shift_ : 0; }
  // The source came back and may send again what was not committed.
  void on_resumed() { resumed_ = true; }

  // What is known of the packet's track, as places in the call.
  struct Known {
    std::int64_t received = 0, committed = 0;
  };
  // True: the packet's audio was heard already, as far as its number tells, and is kept here until it is clear whether
  // the numbers began again.
  bool is_behind(AudioPacket const& packet, Known const& known);
  // The numbers began again: enough came in a row.
  bool began_again() const;
  // Moves the numbers: what was kept now lies from `place` on. Gives it, its numbers as places.
  std::vector<AudioPacket> move_to(std::int64_t place);

 private:
  struct Run {
    std::vector<AudioPacket> packets;  // in a row
    std::int64_t next = 0;             // number that would go on
    std::int64_t samples = 0;
  };
  std::int64_t length_of(AudioPacket const& packet) const {
    return static_cast<std::int64_t>(packet.bytes.size()) / format_.bytes_per_sample();
  }

  AudioFormat const format_;
  std::int64_t shift_ = 0;
  bool resumed_ = false;
  PerTrack<Run> runs_;
};

}  // namespace sotto::audio
