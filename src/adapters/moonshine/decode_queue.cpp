#include "adapters/moonshine/decode_queue.h"

#include <algorithm>
#include <tuple>

#include "adapters/moonshine/segmenter.h"

namespace sotto {

void DecodeQueue::push(DecodeJob job) { jobs_.push_back(std::move(job)); }

std::optional<DecodeJob> DecodeQueue::pop(Time now) {
  std::erase_if(jobs_, [&](DecodeJob const& job) {
    if (job.kind != DecodeKind::partial || job.deadline >= now) return false;
    ++partials_dropped_;
    observe_wait(now - job.queued_at);
    return true;
  });
  if (jobs_.empty()) return std::nullopt;
  auto const rank = [](DecodeJob const& job) { return std::tuple(job.kind, job.deadline, job.ticket); };
  auto const next = std::ranges::min_element(jobs_, {}, rank);
  auto job = std::move(*next);
  jobs_.erase(next);
  if (job.kind == DecodeKind::partial) observe_wait(now - job.queued_at);
  return job;
}

void DecodeQueue::observe_wait(Duration wait) { partial_wait_ms_ += (to_ms(wait) - partial_wait_ms_) / 8; }

void DecodeQueue::cancel(std::uint64_t track, std::uint64_t ticket) {
  auto const wanted = [&](DecodeJob const& job) { return job.track == track && job.ticket == ticket; };
  auto const job = std::ranges::find_if(jobs_, wanted);
  if (job == jobs_.end()) return;
  if (job->kind == DecodeKind::partial) {
    ++partials_dropped_;
    observe_wait(job->deadline - job->queued_at);
  }
  jobs_.erase(job);
}

void DecodeQueue::cancel_track(std::uint64_t track) {
  std::erase_if(jobs_, [track](auto const& job) { return job.track == track; });
}

double DecodeQueue::stretch() const {
  // Partials that wait 300 ms are asked for 1.6 times less often: 0.5 s becomes 0.8 s.
  return 1 + (kStretchMost - 1) * std::min(1.0, partial_wait_ms_ / 300);
}

bool DecodeQueue::has_room() const { return partial_wait_ms_ < 40; }

bool DecodeQueue::skips(DecodeJob const& job, Time now) {
  if (!job.again) return false;
  constexpr double late_ms = 40;  // a final may wait so much longer for better words
  if (has_room() && again_ms_ <= to_ms(job.deadline - now) + late_ms) return false;
  again_ms_ *= 0.95;  // so that it is tried again
  return true;
}

void DecodeQueue::note_again(Duration took) { again_ms_ += (to_ms(took) - again_ms_) / 8; }

}  // namespace sotto
