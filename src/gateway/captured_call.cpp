#include "gateway/captured_call.h"

#include <utility>

#include "base/check.h"
#include "live/speech/expected_terms.h"

namespace sotto::gateway {

CapturedCall::CapturedCall(CaptureParts const& parts, std::string const& tenant, Lease lease, std::string resume_digest)
    : parts_(parts),
      engines_(parts.engines.of(tenant)),
      lease_(std::move(lease)),
      resume_digest_(std::move(resume_digest)) {
  engines_.look();
}

CapturedCall::CapturedCall(CaptureParts const& parts, CallInfo info, std::string resume_digest, std::string worker)
    : CapturedCall(parts, info.tenant, {.call = info.id, .part = Part::speech, .fence = 1}, std::move(resume_digest)) {
  auto checklist = for_call(parts_.library.policies(info.tenant, info.team, info.agent), facts(info))->checklist();
  auto given = options(info);
  capture_ = std::make_unique<CallCapture>(
      std::move(given), Opening{.info = std::move(info), .resume_digest = resume_digest_, .worker = std::move(worker)},
      std::move(checklist), parts_.clock.now());
  pump();
}

CapturedCall::CapturedCall(CaptureParts const& parts, Claimed const& claimed, std::span<Event const> newest)
    : CapturedCall(parts, claimed.info.tenant, claimed.lease, claimed.resume_digest) {
  capture_ = std::make_unique<CallCapture>(options(claimed.info), claimed, newest, parts_.clock.now());
}

CapturedCall::~CapturedCall() { *alive_ = false; }

CaptureOptions CapturedCall::options(CallInfo const& info) {
  if (parts_.shares) share_ = parts_.shares->waiting(info.tenant);
  CaptureOptions out{.engines = engines_.chain,
                     .waiting = share_ ? *share_ : parts_.waiting,
                     .masked = parts_.masking ? parts_.masking->of(info.tenant) : language::MaskedKinds(),
                     .suspects_audio = parts_.suspects_audio};
  if (parts_.spools) {
    for (auto const track : info.tracks) out.spools[index(track)] = parts_.spools->open(info.tenant);
  }
  return out;
}

// --- what happens ---

Result<void> CapturedCall::on_packet(AudioPacket packet) {
  auto done = capture_->on(std::move(packet));
  pump();
  return done;
}

Result<void> CapturedCall::on_pause(std::optional<std::int64_t> sample, std::string const& by) {
  auto done = capture_->pause(sample, by, parts_.clock.now());
  pump();
  return done;
}

void CapturedCall::on_resume(std::optional<std::int64_t> sample, std::string const& by) {
  capture_->resume(sample, by, parts_.clock.now());
  pump();
}

Result<void> CapturedCall::on_transfer(std::string agent, std::string team) {
  auto handed = capture_->hand_over(std::move(agent), std::move(team), parts_.clock.now());
  pump();
  return handed;
}

void CapturedCall::on_expect(std::vector<std::string> terms) {
  come_up_ = std::move(terms);
  tell_terms();
}

void CapturedCall::on_end(EndReason reason) {
  capture_->end(reason, parts_.clock.now());
  pump();
}

void CapturedCall::on_source(bool connected) {
  capture_->source(connected, parts_.clock.now());
  pump();
}

void CapturedCall::tick() {
  engines_.look();
  look_at_terms();
  capture_->tick(parts_.clock.now(), parts_.suggestions());
  pump();
  count();
}

// --- what comes of it ---

void CapturedCall::pump() {
  if (std::exchange(pumping_, true)) return;
  for (auto effects = capture_->take(parts_.clock.now()); !effects.empty() && !refused_;
       effects = capture_->take(parts_.clock.now())) {
    for (auto& effect : effects) std::visit([this](auto& one) { perform(one); }, effect);
  }
  pumping_ = false;
  if (when_opened_ && (capture_->opened() || !capture_->saved() || refused_)) std::exchange(when_opened_, nullptr)();
}

void CapturedCall::when_opened(std::function<void()> then) {
  when_opened_ = std::move(then);
  pump();
}

// 3 speech
void CapturedCall::perform(speech::OpenStream const& open) {
  auto const hear = [this, stream = open.stream, alive = alive_](SpeechEvent event) {
    if (!*alive) return;
    capture_->on(stream, std::move(event), parts_.clock.now());
    pump();
  };
  auto& recognizer = *engines_.recognizers[open.engine];
  look_at_terms();
  streams_[open.stream] = open.mixed ? recognizer.open_mixed(hear, hints()) : recognizer.open(hear, hints());
}

StreamHints CapturedCall::hints() const {
  return {speech::expected_terms(come_up_, info(), tenant_terms_ ? *tenant_terms_ : std::vector<std::string>())};
}

// Those of its tenant may have changed: then every open stream is told.
void CapturedCall::look_at_terms() {
  auto terms = parts_.library.keyterms(info().tenant);
  if (terms == tenant_terms_) return;
  tenant_terms_ = std::move(terms);
  tell_terms();
}

void CapturedCall::tell_terms() {
  auto const now = hints();
  for (auto const& [id, stream] : streams_) stream->expect(now);
}

void CapturedCall::perform(speech::PushAudio const& push) { streams_.at(push.stream)->push(push.from, push.samples); }

void CapturedCall::perform(speech::FinishStream const& finish) { streams_.at(finish.stream)->finish(); }

void CapturedCall::perform(speech::DropStream const& drop) { streams_.erase(drop.stream); }

void CapturedCall::perform(BacklogFed const& fed) {
  auto const now = parts_.clock.now();
  engines_.chain.replayed(now - fed.began, now);
}

void CapturedCall::perform(TellPartial const& partial) {
  if (partial.gap) parts_.metrics.observe(Histogram::partial_gap, *partial.gap);
  parts_.bus.publish(partial.event);
}

// 4 transcript -> the log
void CapturedCall::perform(Append& batch) {
  parts_.log.append(std::move(batch), [this, alive = alive_](Result<std::int64_t> first) {
    if (!*alive) return;
    auto const now = parts_.clock.now();
    if (first) capture_->on_appended(*first, now);
    else if (first.error().code == "fenced" || first.error().code == "conflict") refused_ = first.error();
    else capture_->on_append_failed(first.error(), now);
    pump();
  });
}

// The log has it: to the bus.
void CapturedCall::perform(Event const& event) {
  auto const& stamps = event.stamps;
  if (event.number > 0 && stamps.built != Time{}) {
    if (event.is<UtteranceFinal>()) {
      parts_.metrics.observe(Histogram::recognition, stamps.recognised - stamps.buffered);
      parts_.metrics.observe(Histogram::utterance, stamps.built - stamps.recognised);
    }
    parts_.metrics.observe(Histogram::store_commit, stamps.stored - stamps.built);
  }
  parts_.bus.publish(event);
}

void CapturedCall::perform(Beat const& beat) { parts_.bus.publish(beat); }

void CapturedCall::perform(transcript::PrivacyGate::Late& late) { parts_.take_back(info(), std::move(late)); }

void CapturedCall::count() {
  auto const& now = capture_->counters();
  auto& metrics = parts_.metrics;
  metrics.count(Counter::packets, now.packets - counted_.packets);
  metrics.count(Counter::packets_duplicate, now.duplicates - counted_.duplicates);
  metrics.count(Counter::packets_refused, now.refused - counted_.refused);
  metrics.count(Counter::utterances_revised, now.revised - counted_.revised);
  metrics.count(Counter::recogniser_losses, now.recogniser_losses - counted_.recogniser_losses);
  metrics.count(Counter::ingest_reconnects, now.reconnects - counted_.reconnects);
  metrics.count(Counter::store_failures, capture_->log_failures() - counted_failures_);
  counted_ = now;
  counted_failures_ = capture_->log_failures();
}

}  // namespace sotto::gateway
