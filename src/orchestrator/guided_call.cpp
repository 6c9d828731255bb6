#include "orchestrator/guided_call.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/limits.h"
#include "call/event_codec.h"

namespace sotto::orchestrator {

// What is known is noted in the log this long after words, and with it those that brought nothing: so that neither
// waits behind a transaction for each.
static constexpr Duration kNoteAfter = 500ms;

// What words are known by before they have a number.
static std::string name_of(Utterance const& words) { return fmt::format("{}/{}", words.id(), words.revision); }

GuidedCall::GuidedCall(GuideParts const& parts, CallInfo info)
    : parts_(parts),
      info_(std::move(info)),
      generation_(parts.library.generation()),
      guide_(info_, in_force(), parts.guidance),
      share_(parts.shares ? parts.shares->waiting(info_.tenant) : nullptr),
      log_(share_ ? *share_ : parts.waiting, info_.tenant, {.call = info_.id, .part = Part::guidance, .fence = 0}) {
  start();
}

GuidedCall::GuidedCall(GuideParts const& parts, Claimed const& claimed, GuideMemory memory,
                       std::vector<Event> const& past)
    : parts_(parts),
      info_(claimed.info),
      generation_(parts.library.generation()),
      guide_(info_, in_force(), parts.guidance),
      share_(parts.shares ? parts.shares->waiting(info_.tenant) : nullptr),
      log_(share_ ? *share_ : parts.waiting, info_.tenant, claimed.lease, claimed.batch),
      tail_(claimed.consumed),
      stored_consumed_(claimed.consumed) {
  if (memory.number > 0) guide_.restore(std::move(memory));
  guide_.restore(std::span(past));
  start();
  tail_.expect(claimed.last_number);
  pump();
}

GuidedCall::~GuidedCall() { *alive_ = false; }

void GuidedCall::start() {
  beat_at_ = parts_.clock.now();
  commands_ = parts_.bus.serve(info_.id, Part::guidance, [this](CallCommand command, Then<void> then) {
    then(on(std::get<GuideCommand>(command)));
  });
}

InForce GuidedCall::in_force() const {
  return {parts_.library.policies(info_.tenant, info_.team, info_.agent), parts_.library.knowledge(info_.tenant)};
}

void GuidedCall::use(Claimed const& claimed) {
  log_.use(claimed.lease, claimed.batch);
  tail_.expect(claimed.last_number);
  pump();
}

// --- 4 -> 5: what was said ---

void GuidedCall::on(Notice const& notice) {
  if (fenced_) return;
  auto const now = parts_.clock.now();
  if (auto const* beat = std::get_if<Beat>(&notice)) {
    beat_at_ = now;
    call_ms_ = beat->media_ms;
    if (beat->ending || ended_) return;
    guide_.on_time(beat->media_ms, beat->quiet_ms, now);
    store(now);
  } else if (auto const& event = std::get<Event>(notice); event.number > 0) {
    log_.heard_up(now);
    for (auto const& due : tail_.on(event)) on_stored(due);
  } else if (auto const* partial = event.as<Partial>()) {
    on_partial(*partial, event);
  } else {
    on_unsaved(event);
  }
  pump();
}

void GuidedCall::read_on() {
  auto const after = tail_.wants_read();
  if (!after) return;
  parts_.log.read(info_.id, *after, LogTail::kPage, [this, alive = alive_](Result<std::vector<Event>> events) {
    if (!*alive) return;
    if (!events) return tail_.on_read_failed();
    for (auto const& due : tail_.on_read(std::move(*events))) on_stored(due);
    pump();
  });
}

void GuidedCall::on_stored(Event const& event) {
  if (event.is<CallEnded>() && !ended_) ended_ = parts_.clock.now();
  if (auto const* changed = event.as<AgentChanged>()) on_transfer(*changed);
  if (auto const* redacted = event.as<EventRedacted>()) {
    if (auto const body = body_of(redacted->type, redacted->data)) on_redacted(*body);
  }
  auto const* words = words_of(event);
  if (!words) return;
  if (!unnoted_since_) unnoted_since_ = parts_.clock.now();
  if (judged_unsaved_.erase(name_of(*words)) > 0) return;
  judge(event);
}

void GuidedCall::on_transfer(AgentChanged const& changed) {
  info_.agent = changed.agent;
  info_.team = changed.team;
  guide_.use(info_, in_force());
}

// A snapshot on its way to the log may know the words: another one follows soon.
void GuidedCall::on_redacted(EventBody const& body) {
  guide_.on_redacted(body);
  if (!unnoted_since_) unnoted_since_ = parts_.clock.now();
  auto const* final = std::get_if<UtteranceFinal>(&body);
  auto const* revised = std::get_if<UtteranceRevised>(&body);
  if (!final && !revised) return;
  auto const said = (final ? final->utterance : revised->utterance).id();
  for (auto& [graph, running] : running_) running.taken_back = running.taken_back || running.utterance == said;
}

// While the log is down guidance goes on; the same words come again with their number.
void GuidedCall::on_unsaved(Event const& event) {
  if (event.unpersisted) log_.heard_down(parts_.clock.now());
  if (auto const* changed = event.as<AgentChanged>()) on_transfer(*changed);
  auto const* words = words_of(event);
  if (words && judged_unsaved_.insert(name_of(*words)).second) judge(event);
}

// --- 5 orchestrator -> 6 inference -> 7 guidance ---

void GuidedCall::judge(Event const& event) {
  auto stamps = event.stamps;
  stamps.published = parts_.clock.now();
  if (stamps.spoken == Time{}) stamps.spoken = event.time;  // read in the log: they were said a little before
  if (stamps.stored != Time{}) parts_.metrics.observe(Histogram::bus, stamps.published - stamps.stored);
  if (auto const generation = parts_.library.generation(); generation != generation_) {
    generation_ = generation;
    guide_.use(info_, in_force());
  }
  auto const& words = *words_of(event);
  auto graph = guide_.on_words(words, event.number, parts_.clock.now() + limits::kGraphDeadline);
  if (!graph) return eager_.on_decided(words.id());
  stamps.orchestrated = parts_.clock.now();
  auto const id = next_graph_++;
  running_.emplace(id, Running{.number = event.number, .utterance = words.id()});
  if (auto const known = eager_.answers(*graph, stamps.orchestrated)) return on_answered(id, stamps, *graph, *known);
  run(std::move(*graph), [this, id, stamps](InferenceGraph const& done, NodeResults const& results) {
    on_answered(id, stamps, done, results);
    pump();
  });
}

void GuidedCall::run(InferenceGraph graph, std::function<void(InferenceGraph const&, NodeResults const&)> done) {
  parts_.router.run(std::move(graph), {parts_.library.knowledge(info_.tenant), parts_.library.intents(info_.tenant)},
                    [alive = alive_, done = std::move(done)](InferenceGraph const& graph, NodeResults const& results) {
                      if (*alive) done(graph, results);
                    });
}

void GuidedCall::on_answered(std::uint64_t id, PathStamps const& stamps, InferenceGraph const& graph,
                             NodeResults const& results) {
  bool const taken_back = running_.at(id).taken_back;
  running_.erase(id);
  if (done_ || fenced_) return;
  auto const now = parts_.clock.now();
  if (!taken_back) guide_.on_results(graph, results, stamps, now);
  store(now, results.answered);
  eager_.on_decided(graph.utterance.id());
}

// Ahead of the words: what they will probably bring. The guide hears of them when they are committed.
void GuidedCall::on_partial(Partial const& partial, Event const& event) {
  auto const& words = partial.utterance;
  auto const now = parts_.clock.now();
  if (!partial.eager) return eager_.on_resumed(words.id(), now);
  auto graph = eager_.on_words(guide_, words, now + limits::kGraphDeadline);
  if (!graph) return;
  run(std::move(*graph), [this, spoken = event.time](InferenceGraph const& done, NodeResults const& results) {
    if (done_ || fenced_) return;
    eager_.on_results(done, results, spoken, parts_.clock.now());
    pump();
  });
}

// Every event up to here has had its effect.
std::int64_t GuidedCall::consumed() const {
  auto up_to = tail_.seen();
  for (auto const& [graph, running] : running_) {
    if (running.number > 0) up_to = std::min(up_to, running.number - 1);
  }
  return std::max(up_to, stored_consumed_);
}

// Written with the next batch; only where nothing is under way, for what is known then is what `consumed` says.
void GuidedCall::note() {
  stored_consumed_ = consumed();
  log_.consumed(stored_consumed_, guide_.snapshot(stored_consumed_));
  unnoted_since_.reset();
}

// What one judgement brings is stored in one transaction: a webhook is requested where its alert is, or not at all.
// `answered`: when the models had said what it rests on.
void GuidedCall::store(Time now, std::optional<Time> answered) {
  auto told = guide_.take();
  eager_.on_told(told);
  for (auto& body : told) {
    if (auto* cue = std::get_if<Cue>(&body); cue && cue->stages_ms.infer && answered) {
      cue->stages_ms.guide = to_ms(now - *answered);
      cue->guided = now;
    }
    log_.append(std::move(body), now);
  }
  if (!told.empty()) log_.consumed(stored_consumed_ = consumed());
  count();
}

void GuidedCall::count() {
  auto const& counters = guide_.counters();
  auto const dropped = [](auto const& c) { return c.cooled_down + c.over_limit + c.repeated; };
  parts_.metrics.count(Counter::cues_shown, counters.shown - counted_.shown);
  parts_.metrics.count(Counter::cues_late, counters.late - counted_.late);
  parts_.metrics.count(Counter::cues_withdrawn, counters.withdrawn - counted_.withdrawn);
  parts_.metrics.count(Counter::cues_dropped, dropped(counters) - dropped(counted_));
  counted_ = counters;
}

Result<void> GuidedCall::on(GuideCommand const& command) {
  auto const* displayed = std::get_if<CueDisplayed>(&command);
  if (ended_) {  // a page that has not heard of the end yet
    if (displayed || std::holds_alternative<Dismiss>(command)) return {};
    return fail("not_live", "call " + info_.id + " has ended");
  }
  auto const now = parts_.clock.now();
  if (auto done = guide_.on(command, now); !done) return done;
  if (displayed)
    parts_.metrics.observe(Histogram::end_to_end,
                           Duration(static_cast<std::int64_t>(displayed->stages_ms.total * 1000)));
  store(now);
  pump();
  return {};
}

// --- the end, time, and what there is to do ---

void GuidedCall::end_when_judged(Time now) {
  if (done_ || !ended_ || tail_.behind()) return;
  if (!running_.empty() && now - *ended_ < limits::kFinishTimeout) return;
  done_ = true;
  guide_.end(now);
  store(now);
  log_.append(GuidanceDone{.call = info_.id}, now);
  log_.consumed(stored_consumed_ = consumed());
  log_.finish();
}

void GuidedCall::tick() {
  if (fenced_) return;
  auto const now = parts_.clock.now();
  if (!ended_ && now - beat_at_ > limits::kBeat) {  // nobody tells the call's time: cues grow old all the same
    guide_.on_time(call_ms_, 0, now);
    store(now);
  }
  if (!done_ && unnoted_since_ && running_.empty() && log_.drained() && now - *unnoted_since_ >= kNoteAfter) note();
  if (auto const every = look_every(parts_.bus); every && now - looked_at_ >= *every) {
    looked_at_ = now;
    tail_.look();
  }
  eager_.tick(now);
  log_.tick(now);
  pump();
}

void GuidedCall::pump() {
  if (std::exchange(pumping_, true)) return;
  for (bool more = true; more && !fenced_;) {
    auto const now = parts_.clock.now();
    for (auto& expected : eager_.take()) {
      parts_.bus.publish(Event{.call = info_.id, .tenant = info_.tenant, .time = now, .body = std::move(expected)});
    }
    end_when_judged(now);
    read_on();
    auto const told = log_.take_told();
    for (auto const& event : told) parts_.bus.publish(event);
    auto batch = log_.take_batch(now);
    more = batch || !told.empty();
    if (batch) append(std::move(*batch));
  }
  pumping_ = false;
}

void GuidedCall::append(Append batch) {
  parts_.log.append(std::move(batch), [this, alive = alive_](Result<std::int64_t> first) {
    if (!*alive) return;
    auto const now = parts_.clock.now();
    if (first) {
      log_.on_appended(*first, now);
    } else if (first.error().code == "fenced" || first.error().code == "conflict") {
      parts_.warn(fmt::format("call {}: its guidance goes on elsewhere: {}", info_.id, first.error().message));
      fenced_ = true;
      return;
    } else {
      log_.on_failed(first.error(), now);
      parts_.metrics.count(Counter::store_failures);
    }
    pump();
  });
}

}  // namespace sotto::orchestrator
