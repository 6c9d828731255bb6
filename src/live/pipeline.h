// THE CALL PATH of one call, stage by stage; the only code that knows several stages. Read pipeline.cpp top to bottom:
//   1 ingest -> 2 audio -> 3 speech -> 4 transcript -> 5 orchestrator -> 6 inference -> 7 guidance -> 8 delivery
// Sans-I/O: data and `now` in; effects only through the ports. Confined to the loop that owns the call.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "call/call.h"
#include "call/health.h"
#include "live/audio/track_audio.h"
#include "live/delivery/call_feed.h"
#include "live/guidance/guidance.h"
#include "live/inference/router.h"
#include "live/ingest/messages.h"
#include "live/orchestrator/orchestrator.h"
#include "live/speech/speech_track.h"
#include "live/transcript/card_gate.h"
#include "live/transcript/outbox.h"
#include "live/transcript/transcript.h"
#include "ports/call_store.h"
#include "ports/event_bus.h"

namespace sotto {

// Policies and knowledge in force; grows a generation with every reload.
class PolicySource {
 public:
  virtual ~PolicySource() = default;
  virtual std::shared_ptr<PolicySet const> policies(std::string const& tenant, std::string const& team,
                                                    std::string const& agent) = 0;
  virtual std::shared_ptr<inference::KnowledgeBase const> knowledge(std::string const& tenant) const = 0;
  // Null where the tenant's policies name no intent.
  virtual std::shared_ptr<inference::IntentModels const> intents(std::string const& tenant) const = 0;
  virtual std::uint64_t generation() const = 0;
};

// What all calls share. Everything outlives every call.
struct PathContext {
  CallStore& store;
  EventBus& bus;
  speech::Engines& engines;
  inference::Router& router;
  PolicySource& policies;
  Clock const& clock;
  Metrics& metrics;
  transcript::UnpersistedMemory& memory;
  guidance::GuidanceOptions guidance = {};
  AudioSpools* spools = nullptr;                 // null: no tenant allows recording
  transcript::Masking const* masking = nullptr;  // null: every kind is hidden
};

// What a call keeps in memory. Only `ledger_rows` grows with the call, by what is said in it and not by its length.
struct Held {
  std::int64_t audio_ms = 0;    // for a recogniser that starts anew; of the track that has more
  std::size_t stamps = 0;       // times of frames and of utterances under way
  std::size_t waiting = 0;      // events and ledger rows for the store
  std::size_t ledger_rows = 0;  // of both tracks
};

class CallPath final : transcript::Outbox::Listener {
 public:
  // A new call. `resume_digest` lets its source come back.
  CallPath(PathContext const& context, CallInfo info, std::string resume_digest);
  // A call that a process now gone was carrying; its source is awaited for limits::lost_after.
  CallPath(PathContext const& context, StoredCall const& stored);
  ~CallPath() override;

  // --- what the source does ---
  Result<void> on_packet(AudioPacket packet);
  void on_pause(std::optional<std::int64_t> sample, std::string const& by);   // nullopt: now
  void on_resume(std::optional<std::int64_t> sample, std::string const& by);  // nullopt: at the next packet
  void on_end(EndReason reason);
  void on_source(bool connected);
  // --- what subscribers do ---
  Result<void> on_displayed(delivery::Displayed const& displayed);
  Result<void> on_dismissed(std::string const& cue);
  // --- time; at least every 100 ms ---
  void tick();

  CallInfo const& info() const { return info_; }
  std::string const& resume_digest() const { return resume_digest_; }
  std::vector<ingest::TrackProgress> progress() const;
  delivery::CallFeed& feed() { return feed_; }
  bool connected() const { return connected_; }
  bool paused() const;
  bool ending() const { return ending_.has_value(); }
  std::optional<EndReason> end_reason() const { return ending_; }
  // Ended, stored and told: the path can be destroyed.
  bool finished() const { return closed_ && outbox_.drained(); }
  Health health() const { return health_; }
  // Why the store refuses, while it does; else empty.
  std::string const& store_trouble() const { return outbox_.trouble(); }
  boost::json::object coverage() const;
  std::map<Track, std::vector<LedgerRow>> ledgers() const;
  std::int64_t media_ms() const;
  Held held() const;

 private:
  struct TrackPath {
    audio::TrackAudio audio;
    speech::SpeechTrack speech;
    std::int64_t committed = 0;
  };
  struct Spoken {
    std::int64_t from = -1;
    Time at{};
  };

  void start();
  TrackPath& path(Track track) { return *tracks_[index(track)]; }
  void drain_audio(Track track, Time now);
  void on_heard(Track track, speech::Heard heard);
  void pass_gate(Track track, Time now);
  void on_revised(transcript::CardGate::Safe const& heard, Time now);
  std::int64_t heard_to(Track track) const { return gate_.heard_to(track, transcript_.ledger(track).decided()); }
  void on_decided(transcript::Decided decided, Hypothesis const* hypothesis, Time now);
  void restart_speech(Track track, Time now);
  void restart_in_slices(Track track, Time now);
  void feed_slice(Track track, Time now);
  static std::size_t live_begins(std::vector<audio::Frame> const& backlog);
  // Outbox::Listener
  void on_outbox_publish(Event const& event, Time stored) override;
  void on_outbox_committed(std::vector<TrackUpdate> const& tracks) override;
  void on_bus(Event const& event);
  void orchestrate(Event const& event, PathStamps stamps);
  void on_results(InferenceGraph const& graph, NodeResults const& results, PathStamps const& stamps, Time orchestrated);
  void annotate(std::vector<guidance::Annotation> annotations, StagesMs stages, Time inferred);
  void watch_time(Time now);
  void rebuild(std::vector<Event> const& events);
  void watch_source(Time now);
  void watch_health(Time now);
  Health measure_health(Time now);
  void close_when_decided(Time now);
  void append(std::string type, boost::json::object data);
  std::int64_t running_ms(Time now) const;
  std::int64_t lag_ms() const;
  // n samples of the source take this long in our time.
  Duration spoken_in(std::int64_t n) const {
    return Duration(static_cast<std::int64_t>(1e6 * n / (info_.format.rate * info_.speed)));
  }
  void watch_source_clock(std::int64_t sample, Time arrived);
  Duration t0(Time at) const;

  // Given.
  PathContext const context_;
  CallInfo const info_;
  std::string const resume_digest_;
  speech::EngineChain& engines_ = context_.engines.chain(info_.tenant);
  // Owned, in the order of the path.
  std::array<std::optional<TrackPath>, 2> tracks_;
  transcript::CardGate gate_{context_.masking ? context_.masking->of(info_.tenant) : text::MaskedKinds()};
  transcript::Transcript transcript_;
  transcript::Outbox outbox_;
  std::uint64_t policy_generation_;
  orchestrator::Orchestrator orchestrator_;
  guidance::Guidance guidance_;
  delivery::CallFeed feed_;
  std::unique_ptr<EventBus::Subscription> subscription_;
  // State.
  bool connected_ = true;
  Time source_changed_{};  // connected or lost
  Time last_audio_{};
  bool any_audio_ = false;
  Health health_;
  Time health_measured_{};
  Time lag_calm_since_{};
  std::optional<Duration> t0_;  // least of arrival - n / (rate * speed), as of t0_at_
  Time t0_at_{};
  std::map<std::int64_t, PathStamps> stamps_;  // by number of the utterance's event
  std::array<Spoken, 2> newest_;               // hypothesis of each track
  std::int64_t last_spoken_ms_ = 0;
  int graphs_ = 0;                      // running now
  guidance::GuidanceCounters counted_;  // what /metrics has been told
  std::int64_t counted_updates_ = 0;
  int counted_failures_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::optional<EndReason> ending_;
  Time ending_heard_{};  // ended, or something was decided since
  bool closed_ = false;
};

}  // namespace sotto
