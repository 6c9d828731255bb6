#include "adapters/moonshine/speech_engine.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "adapters/moonshine/confidence.h"
#include "adapters/moonshine/digit_homophones.h"
#include "adapters/moonshine/lone_digits.h"
#include "adapters/moonshine/words.h"

namespace sotto {

namespace {
// More lanes in one call of the voice detector gain nothing and delay the first.
constexpr std::size_t kLanesMax = 16;
// Better than base at strings of digits that stand alone.
constexpr std::string_view kDigitsModel = "tiny";

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
}  // namespace

Result<SpeechModels> load_speech_models(std::filesystem::path const& folder, SpeechModelNames const& names) {
  SpeechModels models;
  std::map<std::string, std::shared_ptr<MoonshineModel const>> loaded;
  for (auto const& [name, model] :
       {std::pair(names.finals, &models.finals), std::pair(names.partials, &models.partials),
        std::pair(std::string(kDigitsModel), &models.digits)}) {
    auto& known = loaded[name];
    if (!known) {
      auto read = MoonshineModel::load(folder / ("moonshine-" + name));
      if (!read) return std::unexpected(read.error());
      known = std::make_shared<MoonshineModel const>(std::move(*read));
    }
    *model = known;
  }
  models.digit_tokens = digit_tokens(models.digits->tokens());
  return models;
}

// From the whole audio of a job to what lies behind its context.
static void move_times(Decoding& decoding, std::int64_t context) {
  for (auto& word : decoding.words) {
    if (word.when.to > 0)
      word.when = {std::max<std::int64_t>(0, word.when.from - context),
                   std::max<std::int64_t>(1, word.when.to - context)};
  }
}

static Result<Decoding> read_once(MoonshineModel const& model, DecodeJob const& job, std::span<float const> alone) {
  // A second reading corrects what is clearly wrong, not what is nearly as likely.
  constexpr float second_thoughts = 1.5f;
  bool const times = job.kind != DecodeKind::partial;
  auto const doubt = job.kind == DecodeKind::second_reading ? second_thoughts : 0.0f;
  auto decoding = model.decode(
      job.audio,
      {.known = job.known, .said = job.said, .doubt = doubt, .keyterms = job.keyterms.get(), .times = times});
  if (decoding) move_times(*decoding, static_cast<std::int64_t>(job.context));
  bool const helped = !job.known.empty() || !job.said.empty() || job.keyterms;
  if (decoding && helped && (decoding->hallucination || decoding->text.empty()))
    decoding = model.decode(alone, {.times = times});
  constexpr std::size_t half_a_word = 16000 / 4;
  if (decoding && decoding->hallucination && alone.size() > 4 * half_a_word) {
    auto shorter = model.decode(alone.first(alone.size() - half_a_word), {.times = times});
    if (!shorter || !shorter->hallucination || shorter->text.size() > decoding->text.size())
      decoding = std::move(shorter);
  }
  // A short word is often lost at the very beginning: behind a quiet moment the model hears it.
  constexpr float sure = -1.2f;
  bool const nothing = decoding && !decoding->hallucination && decoding->text.empty();
  if (nothing && job.kind == DecodeKind::deciding && alone.size() < 6 * half_a_word) {
    std::vector<float> later(half_a_word);
    later.insert(later.end(), alone.begin(), alone.end());
    auto behind = model.decode(later, {.times = times});
    if (behind && !behind->hallucination && behind->score > sure) {
      move_times(*behind, static_cast<std::int64_t>(half_a_word));
      decoding = std::move(behind);
    }
  }
  return decoding;
}

// "nine to six three" becomes "nine two six three" where the model finds that not much less likely.
static Decoding with_digits(MoonshineModel const& model, DecodeJob const& job, Decoding heard) {
  constexpr float same_sound = 4.0f;  // natural logarithm of the ratio of two probabilities
  constexpr std::size_t most = 4;
  auto places = digit_homophones(model.tokens(), heard.tokens);
  if (places.size() > most) return heard;
  // One pass over all that is known, and one more for each digit that the model refuses.
  while (!places.empty()) {
    auto const wanted = with_digits_at(model.tokens(), heard.tokens, places);
    auto read = model.decode(job.audio, {.known = wanted, .said = job.said, .doubt = same_sound, .times = true});
    if (!read || read->hallucination) break;
    auto const text = model.tokens().text(wanted);
    auto const asked = split_words(text), found = split_words(read->text);
    auto const refused = std::ranges::find_if(
        places, [&](std::size_t at) { return at >= found.size() || bare(found[at]) != bare(asked[at]); });
    if (refused != places.end()) {
      places.erase(refused);
      continue;
    }
    move_times(*read, static_cast<std::int64_t>(job.context));
    // How sure it is of the sound, not of its spelling.
    for (auto const at : places) read->words[at].evidence = heard.words[at].evidence;
    read->score = heard.score;
    return std::move(*read);
  }
  return heard;
}

// Another model's: its tokens mean nothing to that of the finals.
static Decoding of_other_model(Decoding decoding) {
  decoding.tokens.clear();
  decoding.other_model = true;
  return decoding;
}

Result<Decoding> decode(SpeechModels const& models, DecodeJob const& job) {
  auto const alone = std::span(job.audio).subspan(job.context);
  auto decoding = read_once(models.of(job.kind), job, alone);
  if (!decoding) return decoding;
  if (job.kind != DecodeKind::partial && !decoding->hallucination)
    decoding = with_digits(models.of(job.kind), job, std::move(*decoding));
  // A loop is no reading to go by.
  Heard const first{decoding->text,
                    decoding->hallucination ? -std::numeric_limits<float>::infinity() : decoding->score};
  if (job.kind == DecodeKind::partial || !may_be_digits(first)) {
    judge_words(*decoding, job.other);
    return decoding;
  }
  auto other = models.digits->decode(alone, {.only = &models.digit_tokens, .times = true});
  // Where there is nothing else, what came before a loop is taken.
  bool better = other && !other->text.empty() && (!other->hallucination || first.text.empty()) &&
                digits_heard_better(first, {other->text, other->score});
  if (!better && first.text.empty() && job.kind == DecodeKind::deciding && models.digits != models.finals) {
    other = models.digits->decode(alone, {.times = true});
    better = other && !other->hallucination && words_where_none({other->text, other->score});
  }
  if (!better) {
    judge_words(*decoding, other && !other->text.empty() ? other->text : job.other);
    return decoding;
  }
  judge_words(*other, decoding->text);
  other->hallucination = false;
  return of_other_model(std::move(*other));
}

Result<Decoding> decode_savingly(SpeechModels const& models, DecodeJob const& job) {
  auto decoding = models.digits->decode(std::span(job.audio).subspan(job.context), {.times = true});
  if (!decoding) return decoding;
  judge_words(*decoding, job.other);
  return of_other_model(std::move(*decoding));
}

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
    tracks_.emplace(
        id, Track{std::move(opened->outlet),
                  TrackListener(id, opened->segmenter, {models_.partials_apart(), std::move(opened->keyterms)})});
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
  {
    Lock lock(jobs_mutex_);
    stretch = jobs_.stretch();
  }
  for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
    if (!heard) {
      lose(ids[lane], heard.error().message);
      continue;
    }
    auto& track = tracks_.at(ids[lane]);
    ListenerOutput output;
    track.listener.stretch_partials(stretch);
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
    auto decoding = late ? Decoding{} : save ? decode_savingly(models_, *job) : decode(models_, *job);
    decode_us_ += (clock_.now() - begin).count();
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
