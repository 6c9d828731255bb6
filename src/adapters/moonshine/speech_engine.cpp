#include "adapters/moonshine/speech_engine.h"

#include <algorithm>
#include <utility>

namespace sotto {

namespace {
// More lanes in one call of the voice detector gain nothing and delay the first.
constexpr std::size_t kLanesMax = 16;

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
}  // namespace

SpeechEngine::SpeechEngine(SpeechModels models, SileroVad vad, MoonshineOptions const& options, Executor& executor,
                           Clock const& clock)
    : models_(std::move(models)),
      vad_(std::move(vad)),
      segmenter_(options.segmenter),
      executor_(executor),
      clock_(clock) {
  threads_.emplace_back([this](std::stop_token stop) { listen(stop); });
  for (int worker = 0; worker < std::max(1, options.workers); ++worker) {
    threads_.emplace_back([this](std::stop_token stop) { work(stop); });
  }
}

SpeechEngine::~SpeechEngine() {
  for (auto& thread : threads_) thread.request_stop();
}

std::uint64_t SpeechEngine::open(std::shared_ptr<SpeechOutlet> outlet, StreamHints const& hints) {
  return open(std::move(outlet), {.segmenter = segmenter_, .keyterms = hints.keyterms});
}

std::uint64_t SpeechEngine::open(std::shared_ptr<SpeechOutlet> outlet, StreamOptions const& options) {
  auto const track = next_track_++;
  send({track, Opened{std::move(outlet), options.segmenter, known(options.keyterms)}});
  return track;
}

std::shared_ptr<Keyterms const> SpeechEngine::known(std::vector<std::string> const& keyterms) const {
  return keyterms.empty() ? nullptr : std::make_shared<Keyterms const>(keyterms, models_.finals->tokens());
}

void SpeechEngine::push(std::uint64_t track, std::int64_t from, std::span<float const> samples) {
  send({track, Pushed{from, {samples.begin(), samples.end()}, clock_.now()}});
}

void SpeechEngine::finish(std::uint64_t track) { send({track, Finished{}}); }
void SpeechEngine::expect(std::uint64_t track, std::vector<std::string> const& keyterms) {
  send({track, Expected{known(keyterms)}});
}
void SpeechEngine::close(std::uint64_t track) { send({track, Closed{}}); }

SpeechStats SpeechEngine::stats() const {
  SpeechStats stats{.streams = streams_,
                    .finals_decoded = finals_,
                    .partials_decoded = partials_,
                    .hallucinations_rejected = hallucinations_,
                    .careful_readings = careful_,
                    .careful_skipped = careful_skipped_,
                    .decode_ms = static_cast<double>(decode_us_) / 1000,
                    .vad_ms = static_cast<double>(vad_us_) / 1000,
                    .saves = saves()};
  Lock lock(jobs_mutex_);
  stats.decode_queue = jobs_.size();
  stats.partials_dropped = jobs_.partials_dropped();
  return stats;
}

bool SpeechEngine::saves() const {
  Lock lock(jobs_mutex_);
  return cores_.is_short(clock_.now());
}

Effort SpeechEngine::effort(DecodeJob const& job) const {
  if (!job.carefully) return Effort::plain;
  Lock lock(jobs_mutex_);
  return jobs_.has_room() ? Effort::full : Effort::plain;
}

bool SpeechEngine::skips(DecodeJob const& job) {
  if (!job.again) return false;
  Lock lock(jobs_mutex_);
  bool const skips = jobs_.skips(job, clock_.now());
  ++(skips ? careful_skipped_ : careful_);
  return skips;
}

void SpeechEngine::note_again(Duration took) {
  Lock lock(jobs_mutex_);
  jobs_.note_again(took);
}

void SpeechEngine::send(Message message) {
  {
    Lock lock(inbox_mutex_);
    inbox_.push_back(std::move(message));
  }
  inbox_arrived_.notify_one();
}

void SpeechEngine::listen(std::stop_token stop) {
  bool more = false;
  while (!stop.stop_requested()) {
    for (auto& message : take_messages(stop, !more)) read(std::move(message));
    more = hear();
  }
}

std::vector<SpeechEngine::Message> SpeechEngine::take_messages(std::stop_token const& stop, bool wait) {
  Lock lock(inbox_mutex_);
  if (wait) {
    inbox_arrived_.wait(inbox_mutex_, stop, [this]() REQUIRES(inbox_mutex_) { return !inbox_.empty(); });
  }
  return std::exchange(inbox_, {});
}

void SpeechEngine::read(Message message) {
  auto const id = message.track;
  if (auto* opened = std::get_if<Opened>(&message.content)) {
    tracks_.emplace(id,
                    Track{std::move(opened->outlet),
                          TrackListener(id, opened->segmenter, models_.listener_tokens(std::move(opened->keyterms)))});
    ++streams_;
    return;
  }
  auto const found = tracks_.find(id);
  if (found == tracks_.end()) return;  // lost, or the answer came after its stream was closed
  auto& [outlet, listener] = found->second;
  auto const handler =
      Overloaded{[](Opened&) {},
                 [&](Pushed& pushed) {
                   bool const kept = listener.push(pushed.from, std::move(pushed.samples), pushed.at);
                   if (!kept) return lose(id, "more than 240 s behind");
                   awake_.push_back(id);
                 },
                 [&](Finished&) {
                   listener.finish();
                   awake_.push_back(id);
                 },
                 [&](Expected& expected) { listener.expect(std::move(expected.keyterms)); },
                 [&](Closed&) { forget(id); },
                 [&](Decoded& decoded) {
                   if (!decoded.decoding) {
                     model_failed();
                     return lose(id, decoded.decoding.error().message);
                   }
                   ListenerOutput output;
                   listener.on_decoded(decoded.ticket, std::move(*decoded.decoding), clock_.now(), output);
                   carry_out(id, found->second, std::move(output));
                 }};
  std::visit(handler, message.content);
}

// One frame of each track that has one, in one call. False when all is heard.
bool SpeechEngine::hear() {
  std::ranges::sort(awake_);
  awake_.erase(std::ranges::unique(awake_).begin(), awake_.end());
  std::vector<VadLane> lanes;
  std::vector<std::uint64_t> ids, later;
  for (auto const id : awake_) {
    auto const found = tracks_.find(id);
    if (found == tracks_.end()) continue;
    if (lanes.size() == kLanesMax) {
      later.push_back(id);
      continue;
    }
    ListenerOutput output;
    auto const lane = found->second.listener.next_frame(clock_.now(), output);
    carry_out(id, found->second, std::move(output));
    if (!lane) continue;
    lanes.push_back(*lane);
    ids.push_back(id);
  }
  if (lanes.empty()) {
    awake_ = std::move(later);
    return !awake_.empty();
  }
  auto const begin = clock_.now();
  auto const heard = vad_.run(lanes);
  auto const now = clock_.now();
  vad_us_ += (now - begin).count();
  if (!heard) model_failed();
  double stretch = 1;
  bool room = true;
  {
    Lock lock(jobs_mutex_);
    stretch = jobs_.stretch();
    room = jobs_.has_room();
  }
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    if (!heard) {
      lose(ids[lane], heard.error().message);
      continue;
    }
    auto& track = tracks_.at(ids[lane]);
    ListenerOutput output;
    track.listener.note_load(stretch, room);
    track.listener.on_probability(lanes[lane].probability, now, output);
    carry_out(ids[lane], track, std::move(output));
  }
  // Those that waited for a lane go first the next time round.
  awake_ = std::move(later);
  awake_.insert(awake_.end(), ids.begin(), ids.end());
  return true;
}

void SpeechEngine::carry_out(std::uint64_t id, Track& track, ListenerOutput output) {
  hallucinations_ += output.hallucinations;
  for (auto& event : output.events) {
    executor_.post([outlet = track.outlet, event = std::move(event)]() mutable {
      if (outlet->open) outlet->sink(std::move(event));
    });
  }
  if (output.jobs.empty() && output.cancelled.empty()) return;
  auto const added = output.jobs.size();
  {
    Lock lock(jobs_mutex_);
    for (auto const ticket : output.cancelled) jobs_.cancel(id, ticket);
    for (auto& job : output.jobs) jobs_.push(std::move(job));
  }
  for (std::size_t job = 0; job < added; ++job) jobs_arrived_.notify_one();
}

void SpeechEngine::model_failed() {
  constexpr Duration rest = 2s;
  down_until_us_ = (clock_.now() + rest).time_since_epoch().count();
}

void SpeechEngine::lose(std::uint64_t id, std::string reason) {
  ListenerOutput output;
  output.events.push_back(SpeechLost{std::move(reason)});
  carry_out(id, tracks_.at(id), std::move(output));
  forget(id);
}

void SpeechEngine::forget(std::uint64_t id) {
  tracks_.erase(id);
  --streams_;
  Lock lock(jobs_mutex_);
  jobs_.cancel_track(id);
}

void SpeechEngine::work(std::stop_token stop) {
  while (auto job = take_job(stop)) {
    auto const begin = clock_.now();
    bool const late = job->kind == DecodeKind::second_reading && begin > job->deadline;
    bool const save = job->kind != DecodeKind::partial && saves();
    bool const skipped = skips(*job);
    auto decoding = late || skipped ? Decoding{.skipped = true}
                    : save          ? decode_savingly(models_, *job)
                                    : decode(models_, *job, effort(*job));
    auto const took = clock_.now() - begin;
    decode_us_ += took.count();
    if (job->again && !skipped) note_again(took);
    if (job->kind != DecodeKind::second_reading) ++(job->kind == DecodeKind::partial ? partials_ : finals_);
    send({job->track, Decoded{job->ticket, std::move(decoding)}});
  }
}

std::optional<DecodeJob> SpeechEngine::take_job(std::stop_token const& stop) {
  Lock lock(jobs_mutex_);
  while (!stop.stop_requested()) {
    auto const now = clock_.now();
    if (auto job = jobs_.pop(now)) {
      if (job->kind == DecodeKind::deciding && models_.can_save()) cores_.late_by(now - job->deadline, now);
      return job;
    }
    jobs_arrived_.wait(jobs_mutex_, stop, [this]() REQUIRES(jobs_mutex_) { return jobs_.size() > 0; });
  }
  return std::nullopt;
}

}  // namespace sotto
