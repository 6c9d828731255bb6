// One call's speech: pumps its capture (live/capture.h) between the source, the recognisers, the log and the bus. The
// pump is the screen on which the path of a packet is read. Confined to the loop that owns the call.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "call/tenant_shares.h"
#include "gateway/engines.h"
#include "live/capture.h"
#include "live/transcript/privacy_gate.h"
#include "ports/audio_spool.h"
#include "ports/call_log.h"
#include "ports/event_bus.h"
#include "ports/tenant_library.h"

namespace sotto::gateway {

// What all captured calls share. Everything outlives every call.
struct CaptureParts {
  CallLog& log;
  EventBus& bus;
  Engines& engines;
  TenantLibrary& library;  // what a call's checklist is made of
  Clock const& clock;
  Metrics& metrics;
  ByteBudget& waiting;                                      // what the queues of all calls may hold
  TenantShares* shares = nullptr;                           // null: a tenant may take all of it
  AudioSpools* spools = nullptr;                            // null: no tenant allows recording
  transcript::Masking const* masking = nullptr;             // null: every kind is hidden
  bool suspects_audio = true;                               // off where samples carry numbers and no sound, as in tests
  std::function<bool()> suggestions = [] { return true; };  // the models answer
  std::string region = {};                                  // where this server stands: its new calls are of there
  // Words of a call that went on and turned out to be of a card.
  std::function<void(CallInfo const&, transcript::PrivacyGate::Late)> take_back = [](auto const&, auto const&) {};
};

class CapturedCall {
 public:
  // A new call. `resume_digest` lets its source come back.
  CapturedCall(CaptureParts const& parts, CallInfo info, std::string resume_digest, std::string worker);
  // A call that another process was carrying; `newest`: its newest events.
  CapturedCall(CaptureParts const& parts, Claimed const& claimed, std::span<Event const> newest);
  ~CapturedCall();
  CapturedCall(CapturedCall const&) = delete;
  CapturedCall& operator=(CapturedCall const&) = delete;

  Result<void> on_packet(AudioPacket packet);
  Result<void> on_pause(std::optional<std::int64_t> sample, std::string const& by);
  void on_resume(std::optional<std::int64_t> sample, std::string const& by);
  Result<void> on_transfer(std::string agent, std::string team);
  void on_expect(std::vector<std::string> terms);
  void on_end(EndReason reason);
  void on_source(bool connected);
  // The words of an utterance were taken back.
  void forget(ForgetWords const& words) { capture_->forget(words.track, words.n); }
  // At least every 100 ms.
  void tick();
  // Called once: the log has the call, cannot be reached for now, or refuses it.
  void when_opened(std::function<void()> then);

  // What the capture knows; valid while the call lives.
  CallCapture const& capture() const { return *capture_; }
  CallInfo const& info() const { return capture_->info(); }
  std::string const& resume_digest() const { return resume_digest_; }
  Lease const& lease() const { return lease_; }
  // The log refuses this owner for good: `conflict` (another call has this id) or `fenced` (somebody else carries it).
  std::optional<Error> const& refused() const { return refused_; }

 private:
  CapturedCall(CaptureParts const& parts, std::string const& tenant, Lease lease, std::string resume_digest);
  CaptureOptions options(CallInfo const& info);
  StreamHints hints() const;
  void look_at_terms();
  void tell_terms();
  void pump();
  void perform(speech::OpenStream const& open);
  void perform(speech::PushAudio const& push);
  void perform(speech::FinishStream const& finish);
  void perform(speech::DropStream const& drop);
  void perform(BacklogFed const& fed);
  void perform(TellPartial const& partial);
  void perform(Append& batch);
  void perform(Event const& event);
  void perform(Beat const& beat);
  void perform(transcript::PrivacyGate::Late& late);
  void count();

  // Given.
  CaptureParts const parts_;
  EnginesInChain& engines_;
  Lease const lease_;
  std::string const resume_digest_;
  // Owned.
  std::shared_ptr<ByteBudget> share_;  // of its tenant; null: none
  std::unique_ptr<CallCapture> capture_;
  std::map<speech::StreamId, std::unique_ptr<RecognizerStream>> streams_;
  // State.
  std::vector<std::string> come_up_;                              // terms that were named since the call began
  std::shared_ptr<std::vector<std::string> const> tenant_terms_;  // as the streams were told
  std::optional<Error> refused_;
  std::function<void()> when_opened_;
  bool pumping_ = false;
  CaptureCounters counted_;  // what /metrics has been told
  int counted_failures_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::gateway
