// The call path, stage 3 once more: a recogniser starts anew from what the ring and the spool keep.
#include <algorithm>

#include "base/limits.h"
#include "live/pipeline.h"

namespace sotto {

// Live speech first: the frame of a backlog from which on words are wanted now, at the quietest place near its end; its
// size where so little waits that one stream serves both.
std::size_t CallPath::live_begins(std::vector<audio::Frame> const& backlog) {
  auto const frames = [](Duration time) { return static_cast<std::size_t>(time / 20ms); };
  if (backlog.size() <= frames(limits::live_first_after)) return backlog.size();
  auto const loudness = [](audio::Frame const& frame) { return energy(frame.samples); };
  auto const from = backlog.end() - static_cast<std::ptrdiff_t>(frames(limits::split_search));
  return static_cast<std::size_t>(std::ranges::min_element(from, backlog.end(), {}, loudness) - backlog.begin());
}

void CallPath::restart_speech(Track track, Time now) {
  auto& [audio, speech, committed] = path(track);
  context_.metrics.count(Counter::recogniser_losses);
  speech.restart();
  auto const undecided = Duration((audio.received() - heard_to(track)) * 1'000'000 / info_.format.rate);
  if (undecided > limits::ring) return restart_in_slices(track, now);
  auto const backlog = audio.replay(heard_to(track));
  bool const live_wanted = !ending_ && audio.in_segment();
  auto const live = live_wanted ? live_begins(backlog) : backlog.size();
  for (std::size_t at = 0; at < backlog.size(); ++at) {
    auto const& frame = backlog[at];
    if (at == live) speech.split();
    speech.push(frame.from, frame.source_to, frame.samples, frame.arrived, now);
  }
  if (!live_wanted) speech.stop(audio.received());  // nothing follows for now: a pause, or the end
  auto const ended = context_.clock.now();
  engines_.replayed(ended - now, ended);
}

// More waits than an engine takes at once: words of now at the end first, the rest in slices, in order.
void CallPath::restart_in_slices(Track track, Time now) {
  auto& [audio, speech, committed] = path(track);
  auto const rate = info_.format.rate;
  if (ending_ || !audio.in_segment()) {
    speech.owe(audio::to_frames(audio.received(), rate));
    return feed_slice(track, now);
  }
  auto const tail_from = audio.received() - 2 * limits::live_first_after.count() * rate / 1'000'000;
  auto const tail = audio.replay(tail_from);
  auto const live = live_begins(tail);
  speech.owe(live < tail.size() ? tail[live].from : audio::to_frames(audio.received(), rate));
  for (auto at = live; at < tail.size(); ++at) {
    speech.push(tail[at].from, tail[at].source_to, tail[at].samples, tail[at].arrived, now);
  }
  feed_slice(track, now);
}

void CallPath::feed_slice(Track track, Time now) {
  auto& [audio, speech, committed] = path(track);
  auto const owed = speech.owed();
  if (!owed) return;
  auto const rate = info_.format.rate;
  auto const most = limits::backlog_slice.count() * rate / 1'000'000;
  auto slice = audio.replay(heard_to(track), most);
  auto const end = [&] { return slice.back().from + static_cast<std::int64_t>(slice.back().samples.size()); };
  bool const more = !slice.empty() && end() < *owed;
  if (more) slice.resize(live_begins(slice));  // no word is cut in two
  std::vector<speech::Piece> pieces;
  for (auto const& frame : slice) pieces.push_back({frame.from, frame.samples});
  speech.pay(pieces, more);
  auto const ended = context_.clock.now();
  engines_.replayed(ended - now, ended);
}

}  // namespace sotto
