// THE CAPTURE of one call, stages 1 to 4: packets become frames, frames hypotheses, hypotheses utterances that are
// decided once and appended to the log. Read capture.cpp top to bottom:
//   1 ingest -> 2 audio -> 3 speech -> 4 transcript -> the log
// Sans-I/O: what the source does, what recognisers and the log say and `now` in, take() gives what is to be done.
// Whoever pumps it (gateway/captured_call.h) touches the world. Confined to the thread that owns the call.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/byte_budget.h"
#include "base/clock.h"
#include "base/limits.h"
#include "call/call.h"
#include "call/command.h"
#include "call/health.h"
#include "live/audio/source_numbers.h"
#include "live/audio/suspect_audio.h"
#include "live/audio/track_audio.h"
#include "live/ingest/messages.h"
#include "live/log_writer.h"
#include "live/speech/engine_chain.h"
#include "live/speech/speech_track.h"
#include "live/transcript/privacy_gate.h"
#include "live/transcript/transcript.h"
#include "ports/audio_spool.h"
#include "ports/call_log.h"
#include "ports/event_bus.h"

namespace sotto {

// What a call is captured with. `engines` and `waiting` outlive it.
struct CaptureOptions {
  speech::EngineChain& engines;
  ByteBudget& waiting;                                // what the queues of all calls may hold
  language::MaskedKinds masked = {};                  // beside cards
  bool suspects_audio = true;                         // off where samples carry numbers and no sound, as in tests
  PerTrack<std::unique_ptr<AudioSpool>> spools = {};  // of each track; null: nothing may be recorded
};

// A backlog was fed again, from `began` on: how long it took tells how soon the next may be (EngineChain::replayed).
struct BacklogFed {
  Time began;
};
// Words that may still change. `gap`: since the partial of the same utterance before, where there was one.
struct TellPartial {
  Event event;
  std::optional<Duration> gap;
};
// In order: what is to be done with streams, the log (Append) and the bus (TellPartial, Event, Beat); what went on and
// is to be taken back.
using CaptureEffect = std::variant<speech::OpenStream, speech::PushAudio, speech::FinishStream, speech::DropStream,
                                   BacklogFed, TellPartial, Append, Event, Beat, transcript::PrivacyGate::Late>;

// Since the call began; for /metrics.
struct CaptureCounters {
  int packets = 0, duplicates = 0, refused = 0, revised = 0, recogniser_losses = 0, reconnects = 0;
};

// What a call keeps in memory. Only `ledger_rows` grows with the call, by what is said in it and not by its length.
struct Held {
  std::int64_t audio_ms = 0;    // for a recogniser that starts anew; of the track that has more
  std::size_t stamps = 0;       // times of frames
  std::size_t waiting = 0;      // events and ledger rows for the log
  std::size_t ledger_rows = 0;  // of both tracks
};

class CallCapture {
 public:
  // A new call. `checklist`: what the policies in force tick.
  CallCapture(CaptureOptions options, Opening opening, std::vector<ChecklistItem> checklist, Time now);
  // A call that another owner was carrying; its source is awaited for limits::kLostAfter. `newest`: its newest events,
  // in order; those that asked for a number still stand behind what comes.
  CallCapture(CaptureOptions options, Claimed const& claimed, std::span<Event const> newest, Time now);

  // --- what the source does ---
  Result<void> on(AudioPacket packet);
  // nullopt: now. Error too_many_pauses: somebody presses the button faster than a person can.
  Result<void> pause(std::optional<std::int64_t> sample, std::string const& by, Time now);
  void resume(std::optional<std::int64_t> sample, std::string const& by, Time now);  // nullopt: at the next packet
  // Another agent speaks from here. Error too_many_transfers.
  Result<void> hand_over(std::string agent, std::string team, Time now);
  void end(EndReason reason, Time now);
  void source(bool connected, Time now);
  // --- what recognisers and the log say ---
  void on(speech::StreamId stream, SpeechEvent event, Time now);
  void on_appended(std::int64_t first, Time now);
  // The words of an utterance were taken back: nothing corrects it any more.
  void forget(Track track, std::int64_t n) { transcript_.forget(track, n); }
  void on_append_failed(Error const& error, Time now);
  // --- time; at least every 100 ms. `suggestions`: the models answer. ---
  void tick(Time now, bool suggestions = true);
  std::vector<CaptureEffect> take(Time now);

  CallInfo const& info() const { return info_; }
  std::vector<ingest::TrackProgress> progress() const;
  bool paused() const;
  std::optional<EndReason> ending() const { return ending_; }
  // Ended and stored: nothing more will come.
  bool finished() const { return closed_ && log_.drained(); }
  Health const& health() const { return health_; }
  // The call is in the log, or will be: what was told of it stands somewhere.
  bool opened() const { return opened_; }
  bool saved() const { return log_.saved(); }
  std::string const& log_trouble() const { return log_.trouble(); }
  int log_failures() const { return log_.failures(); }
  std::map<Track, TrackCoverage> coverage() const;
  std::map<Track, std::vector<LedgerRow>> ledgers() const;
  std::int64_t media_ms() const;
  // The call's clock. Sample numbers run on through a pause, but no packet says so before it ends.
  std::int64_t running_ms(Time now) const;
  std::int64_t lag_ms() const;
  CaptureCounters const& counters() const { return counters_; }
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

  CallCapture(CaptureOptions& options, CallInfo info, Lease lease, std::int64_t batch, Time now);
  void begin(CaptureOptions& options);
  TrackPath& path(Track track) { return *tracks_[index(track)]; }
  Result<void> accept(AudioPacket packet);
  Result<void> begin_numbers_again(Time now);
  void drain_audio(Track track, Time now);
  void drain_speech(Track track, Time now);
  void on_heard(Track track, speech::Heard heard, Time now);
  void on_partial(Hypothesis hypothesis, Time now);
  audio::SuspectAudio::Verdict judge(Hypothesis const& hypothesis) const;
  void pass_gate(Track track, Time now);
  void take_back_late();
  void on_revised(transcript::PrivacyGate::Safe const& heard, Time now);
  void on_decided(transcript::Decided decided, Hypothesis const* hypothesis, Time now);
  std::int64_t heard_to(Track track) const { return gate_.heard_to(track, transcript_.ledger(track).decided()); }
  void restart_speech(Track track, Time now);
  void restart_in_slices(Track track, Time now);
  void feed_slice(Track track, Time now);
  static std::size_t live_begins(std::vector<audio::Frame> const& backlog);
  void watch_source(Time now);
  void watch_health(Time now, bool suggestions);
  Health measure_health(Time now, bool suggestions);
  void close_when_decided(Time now);
  void beat(Time now);
  // n samples of the source take this long in our time.
  Duration spoken_in(std::int64_t n) const {
    return Duration(static_cast<std::int64_t>(1e6 * n / (info_.format.rate * info_.speed)));
  }
  void watch_source_clock(std::int64_t sample, Time arrived);
  Duration t0(Time at) const;

  // Given.
  CallInfo info_;
  speech::EngineChain& engines_;
  bool const suspects_audio_;
  // Owned, in the order of the path.
  ByteBudget waiting_;
  PerTrack<std::optional<TrackPath>> tracks_;
  audio::SourceNumbers numbers_{info_.format};
  audio::SuspectAudio suspect_;
  transcript::PrivacyGate gate_;
  transcript::Transcript transcript_{info_};
  LogWriter log_;
  // State.
  bool opened_ = false;
  bool connected_ = true;
  Time source_changed_;  // connected or lost
  Time last_audio_;
  bool any_audio_ = false;
  Health health_;
  Time health_measured_{};
  Time lag_calm_since_{};
  std::optional<Duration> t0_;  // least of arrival - n / (rate * speed), as of t0_at_
  Time t0_at_{};
  PerTrack<Spoken> newest_;  // hypothesis of each track
  std::int64_t last_spoken_ms_ = 0;
  Time coverage_told_{};
  std::vector<Time> pauses_;  // of the last second
  int pauses_count_ = 0, transfers_count_ = 0;
  std::optional<EndReason> ending_;
  Time ending_heard_{};       // ended, or something was decided since
  bool may_be_over_ = false;  // something was decided, or time passed, since the end was looked for
  bool closed_ = false;
  CaptureCounters counters_;
  std::vector<CaptureEffect> effects_;
};

}  // namespace sotto
