#include "live/pipeline.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"

namespace sotto {

namespace json = boost::json;

CallPath::CallPath(PathContext const& context, CallInfo info, std::string resume_digest)
    : context_(context),
      info_(std::move(info)),
      resume_digest_(std::move(resume_digest)),
      transcript_(info_),
      outbox_(context.store, context.clock, context.memory, *this, info_.id, info_.tenant),
      policy_generation_(context.policies.generation()),
      orchestrator_(context.policies.policies(info_.tenant, info_.team, info_.agent), facts(info_)),
      guidance_(info_.id, context.guidance),
      feed_(1) {
  start();
  outbox_.open(info_, resume_digest_);
  auto data = to_json(info_);
  json::array checklist;
  for (auto const& [item, label] : orchestrator_.policies().checklist()) {
    checklist.push_back(json::object{{"item", item}, {"label", label}});
  }
  data["checklist"] = std::move(checklist);
  append(event_type::call_started, std::move(data));
}

CallPath::CallPath(PathContext const& context, StoredCall const& stored)
    : context_(context),
      info_(stored.info),
      resume_digest_(stored.resume_digest),
      transcript_(info_),
      outbox_(context.store, context.clock, context.memory, *this, info_.id, info_.tenant,
              stored.events.empty() ? 0 : stored.events.back().number),
      policy_generation_(context.policies.generation()),
      orchestrator_(context.policies.policies(info_.tenant, info_.team, info_.agent), facts(info_)),
      guidance_(info_.id, context.guidance),
      feed_(stored.epoch) {
  for (auto const& [track, rows] : stored.ledger) transcript_.restore(track, rows);
  feed_.restore(stored.events);
  start();
  connected_ = false;
  rebuild(stored.events);
}

CallPath::~CallPath() { *alive_ = false; }

void CallPath::start() {
  for (auto const track : info_.tracks) {
    auto const at = transcript_.ledger(track).decided();
    tracks_[index(track)].emplace(TrackPath{
        .audio = audio::TrackAudio(info_.format, at, context_.spools ? context_.spools->open(info_.tenant) : nullptr),
        .speech = speech::SpeechTrack(
            engines_, track, info_.format.rate, context_.clock,
            [this, track](speech::Heard heard) { on_heard(track, std::move(heard)); }, info_.mono),
        .committed = at});
  }
  subscription_ = context_.bus.subscribe(info_.id, [this](Event const& event) { on_bus(event); });
  source_changed_ = last_audio_ = context_.clock.now();
}

// --- 1 ingest: packets, pauses, the end
// -------------------------------------------------------------------------------

Result<void> CallPath::on_packet(AudioPacket packet) {
  if (ending_) return {};
  if (!tracks_[index(packet.track)]) return fail("unknown_track", "this call has no such track");
  auto const now = packet.arrived;
  auto const track = packet.track;
  any_audio_ = true;
  last_audio_ = now;
  auto const end =
      packet.first_sample + static_cast<std::int64_t>(packet.bytes.size()) / info_.format.bytes_per_sample();
  auto const accepted = path(track).audio.accept(std::move(packet));
  context_.metrics.count(Counter::packets);
  if (accepted == audio::Accepted::duplicate) context_.metrics.count(Counter::packets_duplicate);
  if (accepted == audio::Accepted::too_far) {
    context_.metrics.count(Counter::packets_refused);
    return fail("bad_sample", "the packet's first sample is more than an hour ahead of the audio received");
  }
  watch_source_clock(end, now);
  drain_audio(track, now);
  return {};
}

void CallPath::on_pause(std::optional<std::int64_t> sample, std::string const& by) {
  if (ending_ || paused()) return;
  auto const now = context_.clock.now();
  std::int64_t newest = 0;
  for (auto const track : info_.tracks) newest = std::max(newest, path(track).audio.received());
  auto const from = sample.value_or(newest);
  for (auto const track : info_.tracks) {
    path(track).audio.pause(from);
    drain_audio(track, now);
    gate_.settle(track);  // its words are not lost to the pause, which may reach back
    pass_gate(track, now);
    auto const received = transcript_.ledger(track).received();
    if (from < received) {  // reaches back: what has no words yet gets none
      on_decided(transcript_.on_hole(track, {.from = from, .to = received, .coverage = Coverage::pause}), nullptr, now);
    }
  }
  append(event_type::call_paused,
         {{"call", info_.id}, {"by", by}, {"sample", from}, {"at_ms", transcript_.to_ms(from)}});
}

void CallPath::on_resume(std::optional<std::int64_t> sample, std::string const& by) {
  if (ending_ || !paused()) return;
  auto const now = context_.clock.now();
  auto const resumes = running_ms(now) * info_.format.rate / 1000;
  for (auto const track : info_.tracks) {
    path(track).audio.resume(sample);
    drain_audio(track, now);
  }
  // Where it goes on is known exactly with the next packet; until then the call's clock tells.
  std::int64_t at = sample.value_or(resumes);
  for (auto const track : info_.tracks) at = std::max(at, path(track).audio.received());
  append(event_type::call_resumed, {{"call", info_.id}, {"by", by}, {"sample", at}, {"at_ms", transcript_.to_ms(at)}});
}

void CallPath::on_end(EndReason reason) {
  if (ending_) return;
  ending_ = reason;
  ending_heard_ = context_.clock.now();
  for (auto const track : info_.tracks) {
    path(track).audio.end();
    drain_audio(track, ending_heard_);
  }
  close_when_decided(ending_heard_);
}

void CallPath::on_source(bool connected) {
  if (connected_ == connected) return;
  connected_ = connected;
  source_changed_ = last_audio_ = context_.clock.now();
  if (connected) context_.metrics.count(Counter::ingest_reconnects);
}

// --- 2 audio -> 3 speech
// ----------------------------------------------------------------------------------------------

void CallPath::drain_audio(Track track, Time now) {
  auto& [audio, speech, committed] = path(track);
  auto outputs = audio.take();
  transcript_.receive(track, audio.received());
  for (auto& output : outputs) {
    if (auto* frame = std::get_if<audio::Frame>(&output)) {
      speech.push(frame->from, frame->source_to, frame->samples, frame->arrived, now);
    } else if (auto const* stop = std::get_if<audio::Break>(&output)) {
      speech.stop(stop->source_at);
    } else {
      auto const& hole = std::get<audio::Hole>(output);
      LedgerRow const row{.from = hole.from, .to = hole.to, .coverage = hole.coverage, .reason = hole.reason};
      on_decided(transcript_.on_hole(track, row), nullptr, now);
      // Nobody listened: a pause is not a silence in which nobody spoke.
      if (hole.coverage == Coverage::pause) last_spoken_ms_ = std::max(last_spoken_ms_, transcript_.to_ms(hole.to));
    }
  }
}

// --- 3 speech -> 4 transcript
// -----------------------------------------------------------------------------------------

void CallPath::on_heard(Track track, speech::Heard heard) {
  auto const now = context_.clock.now();
  if (auto const* silence = std::get_if<speech::SampleRange>(&heard)) {
    gate_.on_silence(track, silence->from, silence->to);
    return pass_gate(track, now);
  }
  auto& hypothesis = std::get<Hypothesis>(heard);
  if (hypothesis.revised) {
    if (auto const safe = gate_.revised(std::move(hypothesis))) on_revised(*safe, now);
    return;
  }
  last_spoken_ms_ = std::max(last_spoken_ms_, transcript_.to_ms(hypothesis.speech_end));
  if (hypothesis.final) {
    context_.metrics.observe(Histogram::recognition, hypothesis.recognised - hypothesis.buffered);
    gate_.on_final(std::move(hypothesis), now);
    for (auto const either : info_.tracks) pass_gate(either, now);  // a number read back settles it on both
    return;
  }
  auto const before = std::exchange(newest_[index(track)], {hypothesis.from, now});
  if (before.from == hypothesis.from) context_.metrics.observe(Histogram::partial_gap, now - before.at);
  bool const provisional = hypothesis.provisional;
  auto const partial = transcript_.partial(gate_.partial(std::move(hypothesis)));
  if (partial.text.empty()) return;
  auto data = to_json(partial);
  if (provisional) data["provisional"] = true;
  context_.bus.publish({.call = info_.id,
                        .tenant = info_.tenant,
                        .number = outbox_.last_number(),
                        .type = event_type::partial,
                        .time = now,
                        .data = std::move(data)});
}

// What the gate lets go on: silence and words of a track in their order.
void CallPath::pass_gate(Track track, Time now) {
  if (ending_ && path(track).speech.idle() && !path(track).speech.lost()) gate_.settle(track);
  while (auto const passed = gate_.take(track, now)) {
    if (auto const* silence = std::get_if<transcript::CardGate::Silence>(&*passed)) {
      on_decided(transcript_.on_silence(track, silence->from, silence->to), nullptr, now);
      continue;
    }
    auto const& heard = std::get<transcript::CardGate::Safe>(*passed);
    if (heard->revised) on_revised(heard, now);
    else on_decided(transcript_.on_final(heard, outbox_.full()), &*heard, now);
  }
}

// A correction is stored and published as the final was; what the wrong words caused is judged again (on_results).
void CallPath::on_revised(transcript::CardGate::Safe const& heard, Time now) {
  auto const corrected = transcript_.on_revised(heard);
  if (!corrected) return;
  context_.metrics.count(Counter::utterances_revised);
  auto data = to_json(corrected->utterance);
  if (corrected->was != corrected->utterance.text) data["was"] = corrected->was;
  if (corrected->was_speaker && corrected->was_speaker != corrected->utterance.speaker) {
    data["was_speaker"] = name(*corrected->was_speaker);
  }
  auto const number = outbox_.append(event_type::utterance_revised, std::move(data), now);
  auto const spoken = Time(t0(now) + spoken_in(heard->to));
  stamps_.emplace(number, PathStamps{.spoken = spoken,
                                     .arrived = spoken,
                                     .buffered = spoken,
                                     .recognised = heard->recognised,
                                     .built = context_.clock.now()});
  outbox_.flush(now);
}

// --- 4 transcript: decided, stored, then published
// --------------------------------------------------------------------

void CallPath::on_decided(transcript::Decided decided, Hypothesis const* hypothesis, Time now) {
  for (auto const& [track, row] : decided.gaps) {
    append(event_type::coverage_gap, {{"call", info_.id},
                                      {"track", name(track)},
                                      {"from", row.from},
                                      {"to", row.to},
                                      {"start_ms", transcript_.to_ms(row.from)},
                                      {"end_ms", transcript_.to_ms(row.to)},
                                      {"reason", row.reason}});
  }
  if (decided.utterance) {
    CHECK(hypothesis);
    PathStamps stamps{.spoken = Time(t0(hypothesis->arrived) + spoken_in(hypothesis->speech_end)),
                      .arrived = hypothesis->arrived,
                      .buffered = hypothesis->buffered,
                      .recognised = hypothesis->recognised,
                      .built = context_.clock.now()};
    auto const number = outbox_.append(event_type::utterance_final, to_json(*decided.utterance), now);
    stamps_.emplace(number, stamps);
    context_.metrics.observe(Histogram::utterance, stamps.built - stamps.recognised);
  }
  outbox_.append(transcript_.take_updates());
  if (decided.utterance || !decided.gaps.empty()) outbox_.flush(now);
  if (!ending_) return;
  ending_heard_ = now;
  close_when_decided(now);
}

void CallPath::on_outbox_publish(Event const& event, Time stored) {
  if (auto const found = stamps_.find(event.number); found != stamps_.end()) {
    found->second.stored = stored;
    if (!event.unpersisted) context_.metrics.observe(Histogram::store_commit, stored - found->second.built);
  }
  context_.bus.publish(event);
}

void CallPath::on_outbox_committed(std::vector<TrackUpdate> const& tracks) {
  for (auto const& update : tracks) {
    auto& [audio, speech, committed] = path(update.track);
    committed = std::max(committed, update.decided_after);
    audio.forget(committed);
    speech.forget(committed);
  }
}

// --- 4 -> 5 orchestrator, 8 delivery: both follow the bus
// -------------------------------------------------------------

void CallPath::on_bus(Event const& event) {
  auto const now = context_.clock.now();
  feed_.on_event(event, now);
  if (event.type != event_type::utterance_final && event.type != event_type::utterance_revised) return;
  auto found = stamps_.extract(event.number);
  if (!found) return;
  found.mapped().published = now;
  context_.metrics.observe(Histogram::bus, now - found.mapped().stored);
  orchestrate(event, found.mapped());
}

// --- 5 orchestrator -> 6 inference
// ------------------------------------------------------------------------------------

void CallPath::orchestrate(Event const& event, PathStamps stamps) {
  auto const utterance = utterance_from_json(event.data);
  CHECK(utterance);
  if (auto const generation = context_.policies.generation(); generation != policy_generation_) {
    policy_generation_ = generation;
    orchestrator_.use(context_.policies.policies(info_.tenant, info_.team, info_.agent));
  }
  auto const deadline = context_.clock.now() + limits::graph_deadline;
  auto graph = orchestrator_.on_utterance(*utterance, event.number, deadline);
  if (!graph) return;
  ++graphs_;
  auto const orchestrated = context_.clock.now();
  graph->team = info_.team;
  context_.router.run(
      std::move(*graph), {context_.policies.knowledge(info_.tenant), context_.policies.intents(info_.tenant)},
      [this, alive = alive_, stamps, orchestrated](InferenceGraph const& done, NodeResults const& results) {
        if (*alive) on_results(done, results, stamps, orchestrated);
      });
}

// --- 6 inference -> 7 guidance
// ----------------------------------------------------------------------------------------

void CallPath::on_results(InferenceGraph const& graph, NodeResults const& results, PathStamps const& stamps,
                          Time orchestrated) {
  --graphs_;
  auto matches = orchestrator_.complete(graph, results);
  if (closed_ || graph.replay) return;
  if (auto const understood = orchestrator_.understood(graph, results))
    append(event_type::utterance_understood, to_json(*understood));
  auto const knowledge = context_.policies.knowledge(info_.tenant);
  for (auto& match : matches) {
    if (knowledge && match.rule->cue) match.source = knowledge->find(match.rule->cue->source);
  }
  auto const ms = [](Time from, Time to) { return std::optional(to_ms(to - from)); };
  StagesMs const stages{.transit = ms(stamps.spoken, stamps.arrived),
                        .buffer = ms(stamps.arrived, stamps.buffered),
                        .asr = ms(stamps.buffered, stamps.recognised),
                        .utterance = ms(stamps.recognised, stamps.built),
                        .store = ms(stamps.built, stamps.stored),
                        .bus = ms(stamps.stored, stamps.published),
                        .orchestrate = ms(stamps.published, orchestrated),
                        .route = ms(orchestrated, results.started),
                        .infer = ms(results.started, results.answered),
                        .guide = std::nullopt};
  auto const now = context_.clock.now();
  // Without the models nothing can be said against what they found before.
  bool const corrects = graph.utterance.revision > 0 && !results.failed;
  annotate(corrects ? guidance_.on_corrected(graph.utterance.id(), matches, stamps.spoken, now)
                    : guidance_.on_matches(matches, stamps.spoken, now),
           stages, results.answered);
  if (graph.utterance.said_by() != Track::agent) return;
  auto const nearness = [&](std::string const& example) { return orchestrator_.nearness(example, graph, results); };
  annotate(guidance_.on_agent_words(nearness, now), {}, now);
}

// --- 7 guidance -> events
// ---------------------------------------------------------------------------------------------

// What one judgement brings is stored in one transaction: a webhook is requested where its alert is, or not at all.
void CallPath::annotate(std::vector<guidance::Annotation> annotations, StagesMs stages, Time inferred) {
  auto const now = context_.clock.now();
  for (auto& annotation : annotations) {
    if (auto* cue = std::get_if<Cue>(&annotation)) {
      cue->stages_ms = stages;
      if (stages.infer) cue->stages_ms.guide = to_ms(now - inferred);
      cue->guided = now;
      outbox_.append(event_type::cue_shown, to_json(*cue), now);
    } else if (auto const* moment = std::get_if<Moment>(&annotation)) {
      outbox_.append(event_type::moment_raised, to_json(*moment), now);
    } else if (auto const* alert = std::get_if<AlertRaised>(&annotation)) {
      outbox_.append(event_type::alert_raised, to_json(*alert), now);
    } else if (auto const* tagged = std::get_if<Tagged>(&annotation)) {
      outbox_.append(event_type::call_tagged, to_json(*tagged), now);
    } else if (auto const* request = std::get_if<WebhookRequested>(&annotation)) {
      outbox_.append(event_type::webhook_requested, to_json(*request), now);
    } else if (auto const* tick = std::get_if<Tick>(&annotation)) {
      outbox_.append(event_type::checklist_ticked, to_json(*tick), now);
    } else if (auto const* untick = std::get_if<Untick>(&annotation)) {
      outbox_.append(event_type::checklist_unticked, to_json(*untick), now);
    } else {
      outbox_.append(event_type::cue_closed, to_json(std::get<CueClosed>(annotation)), now);
    }
  }
  if (!annotations.empty()) outbox_.flush(now);
  auto const& counters = guidance_.counters();
  context_.metrics.count(Counter::cues_shown, counters.shown - counted_.shown);
  context_.metrics.count(Counter::cues_late, counters.late - counted_.late);
  auto const dropped = [](auto const& c) { return c.cooled_down + c.over_limit + c.repeated; };
  context_.metrics.count(Counter::cues_withdrawn, counters.withdrawn - counted_.withdrawn);
  context_.metrics.count(Counter::cues_dropped, dropped(counters) - dropped(counted_));
  counted_ = counters;
}

// Policies of time: elapsed, silence, order; cues that grow old.
void CallPath::watch_time(Time now) {
  if (ending_) return;
  auto const call_ms = media_ms();
  bool const quiet_counts = any_audio_ && connected_ && !paused();
  auto const matches = orchestrator_.on_time(call_ms, quiet_counts ? call_ms - last_spoken_ms_ : 0);
  if (!matches.empty()) annotate(guidance_.on_matches(matches, now, now), {}, now);
  annotate(guidance_.tick(now), {}, now);
}

Result<void> CallPath::on_displayed(delivery::Displayed const& displayed) {
  if (closed_) return {};
  auto const now = context_.clock.now();
  if (!guidance_.displayed(displayed.cue, now))
    return fail("no_such_cue", "the cue is not on the screen or was reported before");
  context_.metrics.observe(Histogram::end_to_end, Duration(static_cast<std::int64_t>(displayed.total * 1000)));
  append(event_type::cue_displayed, {{"call", info_.id},
                                     {"id", displayed.cue},
                                     {"stages_ms", json::object{{"deliver", displayed.deliver},
                                                                {"render", displayed.render},
                                                                {"hold", displayed.hold},
                                                                {"total", displayed.total},
                                                                {"clock_error", displayed.clock_error}}}});
  return {};
}

Result<void> CallPath::on_dismissed(std::string const& cue) {
  if (closed_) return {};
  auto closed = guidance_.dismiss(cue);
  if (!closed) return std::unexpected(closed.error());
  annotate(std::move(*closed), {}, context_.clock.now());
  return {};
}

// After a restart: what was said is judged again for its state (order, unless), nothing comes of it.
void CallPath::rebuild(std::vector<Event> const& events) {
  guidance_.restore(events);
  for (auto const& event : events) {
    auto const* because = get_object(event.data, "because");
    auto const trigger = because ? get_string(*because, "trigger") : "";
    if (trigger == "elapsed" || trigger == "talk_ratio" || trigger == "order")
      orchestrator_.has_fired(get_string(event.data, "policy"), get_int(*because, "end_ms"));
  }
  for (auto const& event : events) {
    if (event.type != event_type::utterance_final && event.type != event_type::utterance_revised) continue;
    auto const utterance = utterance_from_json(event.data);
    if (!utterance) continue;
    if (event.type == event_type::utterance_final) gate_.recall(*utterance);
    last_spoken_ms_ = std::max(last_spoken_ms_, utterance->end_ms);
    auto graph = orchestrator_.on_utterance(*utterance, event.number, context_.clock.now() + limits::finish_timeout);
    if (!graph) continue;
    graph->replay = true;
    ++graphs_;
    context_.router.run(std::move(*graph), {nullptr, context_.policies.intents(info_.tenant)},
                        [this, alive = alive_](InferenceGraph const& done, NodeResults const& results) {
                          if (*alive) on_results(done, results, {}, {});
                        });
  }
}

// --- time
// -------------------------------------------------------------------------------------------------------------

void CallPath::tick() {
  auto const now = context_.clock.now();
  for (auto const track : info_.tracks) {
    path(track).audio.tick(now);
    drain_audio(track, now);
    if (path(track).speech.can_restart(now)) restart_speech(track, now);
    if (path(track).speech.owed()) feed_slice(track, now);
    if (gate_.holds(track)) pass_gate(track, now);
  }
  watch_source(now);
  watch_time(now);
  watch_health(now);
  if (ending_) close_when_decided(now);
  outbox_.tick(now);
  feed_.tick(now, running_ms(now), lag_ms(), [this] { return coverage(); });
  context_.metrics.count(Counter::updates_sent, static_cast<double>(feed_.updates_sent() - counted_updates_));
  context_.metrics.count(Counter::store_failures, outbox_.failures() - counted_failures_);
  counted_updates_ = feed_.updates_sent();
  counted_failures_ = outbox_.failures();
}

}  // namespace sotto
