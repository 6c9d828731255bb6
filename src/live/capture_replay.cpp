// Of the capture (capture.h), stage 3 once more: a recogniser starts anew from what the ring and the spool keep.
#include <algorithm>

#include "base/limits.h"
#include "live/capture.h"

namespace sotto {

// Live speech first: the frame of a backlog from which on words are wanted now, at the quietest place near its end; its
// size where so little waits that one stream serves both.
std::size_t CallCapture::live_begins(std::vector<audio::Frame> const& backlog) {
  auto const frames = [](Duration time) { return static_cast<std::size_t>(time / 20ms); };
  if (backlog.size() <= frames(limits::kLiveFirstAfter)) return backlog.size();
  auto const loudness = [](audio::Frame const& frame) { return energy(frame.samples); };
  auto const from = backlog.end() - static_cast<std::ptrdiff_t>(frames(limits::kSplitSearch));
  return static_cast<std::size_t>(std::ranges::min_element(from, backlog.end(), {}, loudness) - backlog.begin());
}

void CallCapture::restart_speech(Track track, Time now) {
  auto& [audio, speech, committed] = path(track);
  ++counters_.recogniser_losses;
  speech.restart();
  auto const undecided = Duration((audio.received() - heard_to(track)) * 1'000'000 / info_.format.rate);
  if (undecided > limits::kRing) return restart_in_slices(track, now);
  auto backlog = audio.replay(heard_to(track));
  bool const live_wanted = !ending_ && audio.in_segment();
  auto const live = live_wanted ? live_begins(backlog) : backlog.size();
  for (std::size_t at = 0; at < backlog.size(); ++at) {
    auto& frame = backlog[at];
    if (at == live) speech.split();
    speech.push(frame.from, frame.source_to, std::move(frame.samples), frame.arrived, now);
  }
  if (!live_wanted) speech.stop(audio.received());  // nothing follows for now: a pause, or the end
  drain_speech(track, now);
  effects_.emplace_back(BacklogFed{now});
}

// More waits than an engine takes at once: live words at the end first, the rest in slices, in order.
void CallCapture::restart_in_slices(Track track, Time now) {
  auto& [audio, speech, committed] = path(track);
  auto const rate = info_.format.rate;
  if (ending_ || !audio.in_segment()) {
    speech.await_backlog(audio::to_frames(audio.received(), rate));
    return feed_slice(track, now);
  }
  auto const tail_from = audio.received() - 2 * limits::kLiveFirstAfter.count() * rate / 1'000'000;
  auto tail = audio.replay(tail_from);
  auto const live = live_begins(tail);
  speech.await_backlog(live < tail.size() ? tail[live].from : audio::to_frames(audio.received(), rate));
  for (auto at = live; at < tail.size(); ++at) {
    speech.push(tail[at].from, tail[at].source_to, std::move(tail[at].samples), tail[at].arrived, now);
  }
  feed_slice(track, now);
}

void CallCapture::feed_slice(Track track, Time now) {
  auto& [audio, speech, committed] = path(track);
  auto const due = speech.backlog_due();
  if (!due) return;
  auto const rate = info_.format.rate;
  auto const most = limits::kBacklogSlice.count() * rate / 1'000'000;
  auto slice = audio.replay(heard_to(track), most);
  auto const end = [&] { return slice.back().from + static_cast<std::int64_t>(slice.back().samples.size()); };
  bool const more = !slice.empty() && end() < *due;
  if (more) slice.resize(live_begins(slice));  // no word is cut in two
  std::vector<speech::Piece> pieces;
  for (auto& frame : slice) pieces.push_back({frame.from, std::move(frame.samples)});
  speech.feed_backlog(std::move(pieces), more, now);
  drain_speech(track, now);
  effects_.emplace_back(BacklogFed{now});
}

}  // namespace sotto
